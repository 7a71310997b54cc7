// WebSocket frames between hub and clients (page, CLI, anybody). Snake case. A frame of a task event is made by
// encodeFrame alone, live and replayed, so that both are the same bytes.
import { z } from "zod";
import type { StoredEvent } from "./event.ts";
import { nameSchema, sessionIdSchema } from "./task.ts";

export const cursorSchema = z.string().regex(/^c\d{1,15}$/, "a cursor as the hub sent it");
export const encodeCursor = (pos: number): string => `c${pos}`;
export const decodeCursor = (cursor: string): number => Number(cursor.slice(1));

export const messageTextSchema = z
  .string("must be a text")
  .refine((text) => text.trim() !== "", "must not be empty")
  .max(200_000, "must be at most 200,000 characters");

const optionalSessionId = sessionIdSchema.nullish().transform((id) => id ?? undefined);

/** Names only; an object is a definition, and definitions come from the operator's configuration alone. */
export const mcpServerNamesSchema = z.array(nameSchema, "must be a list of names").default([]);

export const clientFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("chat"),
    session_id: optionalSessionId,
    message: messageTextSchema,
    agent: nameSchema.nullish().transform((name) => name ?? undefined),
    skills: z
      .array(nameSchema)
      .nullish()
      .transform((names) => names ?? []),
    mcp_servers: mcpServerNamesSchema.nullish().transform((names) => names ?? []),
    /** Until files can be sent along, one that is named must not look as if it had been taken. */
    attachments: z.array(z.unknown()).max(0, "are not taken yet: name a file of the workspace instead").nullish(),
  }),
  z.object({
    type: z.literal("subscribe"),
    session_id: sessionIdSchema,
    after: cursorSchema.nullish().transform((c) => c ?? undefined),
  }),
  z.object({ type: z.literal("unsubscribe"), session_id: sessionIdSchema }),
  z.object({
    type: z.literal("cancel"),
    session_id: sessionIdSchema,
    task_id: z
      .string()
      .nullish()
      .transform((id) => id ?? undefined),
  }),
  z.object({
    type: z.literal("approve"),
    approval_id: z.string(),
    decision: z.enum(["allow", "deny"]),
    scope: z.enum(["once", "session", "always"]).default("once"),
    message: z.string().optional(),
  }),
  z.object({ type: z.literal("ping") }),
]);
export type ClientFrame = z.input<typeof clientFrameSchema>;
export type ParsedClientFrame = z.output<typeof clientFrameSchema>;

/** What the hub sends. Frames of task events have task_id, seq and cursor; the others only what they name. */
export interface HubFrame {
  type: string;
  content: string;
  metadata: Record<string, unknown>;
  session_id: string;
  task_id?: string;
  seq?: number;
  cursor?: string;
}

/** The frame of a stored event. `parked` reaches clients as a status: they need not know of attempts. */
export function encodeFrame(stored: StoredEvent): string {
  const { event } = stored;
  const parked = event.type === "parked";
  const type = parked ? "status" : event.type;
  const metadata = parked ? { kind: "input_required", approvals: event.metadata.approvals } : event.metadata;
  return (
    `{"type":"${type}","content":${JSON.stringify(event.content)},"metadata":${isEmpty(metadata) ? "{}" : JSON.stringify(metadata)}` +
    `,"session_id":"${stored.sessionId}","task_id":"${stored.taskId}","seq":${stored.seq},"cursor":"c${stored.pos}"}`
  );
}

function isEmpty(metadata: object): boolean {
  for (const _ in metadata) return false;
  return true;
}
