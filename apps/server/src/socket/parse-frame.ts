import { AnyWorkError, clientFrameSchema, type ParsedClientFrame } from "@anywork/protocol";
import type { z } from "zod";

export type FrameResult =
  | { frame: ParsedClientFrame; error: null; sessionId: string }
  | { frame: null; error: AnyWorkError; sessionId: string };

/** A frame, or what is wrong with it and which session it was for, as far as that can be read. */
export function parseFrame(text: string | null): FrameResult {
  if (text === null) return wrong(new AnyWorkError("invalid_request", "Invalid message: frames are texts."));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return wrong(new AnyWorkError("invalid_json", "Invalid JSON", { hint: "Send one JSON object per frame.", cause }));
  }
  const parsed = clientFrameSchema.safeParse(value);
  const sessionId = sessionOf(value);
  return parsed.success
    ? { frame: parsed.data, error: null, sessionId }
    : wrong(explain(value, parsed.error), sessionId);
}

function wrong(error: AnyWorkError, sessionId = ""): FrameResult {
  return { frame: null, error, sessionId };
}

function sessionOf(value: unknown): string {
  const id = (value as { session_id?: unknown } | null)?.session_id;
  return typeof id === "string" ? id.slice(0, 200) : "";
}

function explain(value: unknown, error: z.ZodError): AnyWorkError {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new AnyWorkError("invalid_request", "Invalid message: a frame is a JSON object with a type.");
  }
  const issue = error.issues[0];
  const field = issue?.path.join(".") ?? "";
  const { type, message } = value as { type?: unknown; message?: unknown };
  if (field === "type") {
    return new AnyWorkError("invalid_request", `Invalid message: there is no frame of type ${shown(type)}.`, {
      field,
      hint: "Types: chat, subscribe, unsubscribe, cancel, approve, ping.",
    });
  }
  if (field.startsWith("mcp_servers")) {
    return new AnyWorkError("mcp_definition_refused", "MCP servers are named here, never defined.", {
      field,
      hint: "Define the server in config.yaml and send its name.",
    });
  }
  if (field === "message" && typeof message === "string" && message.trim() === "") {
    return new AnyWorkError("invalid_request", "Empty message", { field });
  }
  return new AnyWorkError("invalid_request", `Invalid message: ${field} ${issue?.message ?? "is not valid"}`, {
    field,
  });
}

/** Only a text is shown: anything else may be deeper than can be written out. */
const shown = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value).slice(0, 60) : typeof value;
