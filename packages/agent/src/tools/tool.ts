// The tool port: what a model may call. In: arguments as the model wrote them. Out: a text for the model.
import { z } from "zod";
import type { ToolDescription } from "../provider/provider.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Background } from "./background.ts";

/** What a call may do to the world; the permission policy decides by it. */
export type PermissionClass = "read" | "write" | "execute";

export interface ToolContext {
  callId: string;
  /** The session's workspace folder, absolute: where commands start and beyond which no path leads. */
  workspace: string;
  sandbox: Sandbox;
  /** Aborted when the task is canceled. */
  signal: AbortSignal;
  background: Background;
  /** Output while the tool runs; called often, with any size. */
  onOutput(text: string): void;
}

export interface ToolResult {
  ok: boolean;
  /** For the model, and shown to people. */
  output: string;
}

type ParsedCall =
  | { ok: true; args: Record<string, unknown>; execute(context: ToolContext): Promise<ToolResult> }
  | { ok: false; problem: string };

export interface Tool extends ToolDescription {
  permission: PermissionClass;
  /** The arguments, checked; or what is wrong with them, for the model. */
  parse(input: string): ParsedCall;
}

export interface ToolDefinition<S extends z.ZodObject> {
  name: string;
  description: string;
  permission: PermissionClass;
  schema: S;
  /** May throw AnyWorkError; its message goes to the model. Must end soon after the signal is aborted. */
  execute(args: z.output<S>, context: ToolContext): Promise<ToolResult>;
}

export function defineTool<S extends z.ZodObject>(definition: ToolDefinition<S>): Tool {
  const { name, description, permission, schema } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: "input" });
  return {
    name,
    description,
    permission,
    parameters,
    parse(input) {
      const json = parseJson(input);
      if (json === undefined) return { ok: false, problem: "The arguments are not valid JSON. Send one JSON object." };
      const parsed = schema.safeParse(json);
      if (!parsed.success)
        return { ok: false, problem: `Wrong arguments for ${name}:\n${z.prettifyError(parsed.error)}` };
      const args = parsed.data;
      return { ok: true, args, execute: (context) => definition.execute(args, context) };
    },
  };
}

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input.trim() === "" ? "{}" : input);
  } catch {
    return undefined; // told to the model by the caller
  }
}
