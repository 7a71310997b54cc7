// TaskEvent is the one currency: engines make it, workers number it (wseq), the hub numbers it again (seq, pos),
// stores it and fans it out. Every reader (page, CLI, channel, log) only reads it.
import { z } from "zod";
import { errorCodeSchema } from "./error.ts";
import { outcomeSchema, usageSchema } from "./task.ts";

export const toolCallMetadataSchema = z.object({ call_id: z.string(), args: z.record(z.string(), z.unknown()) });
export const toolResultMetadataSchema = z.object({ call_id: z.string(), ok: z.boolean(), duration_ms: z.number() });
export const errorMetadataSchema = z.object({
  code: errorCodeSchema,
  hint: z.string().optional(),
  retryable: z.boolean().optional(),
});
export const approvalMetadataSchema = z.object({
  approval_id: z.string(),
  call_id: z.string().optional(),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
  /** What could happen, for the person who answers. */
  risk: z.string().optional(),
});

/** The kinds of `status` events; `content` is a sentence for people, except for tool_output where it is the output. */
export const statusKinds = [
  "queued", // {position}: tasks of this session before it
  "running", // {attempt, worker_id}
  "input_required", // {approvals: [approval_id]}
  "retrying", // {code, delay_ms, retry: n, of: max}: the model call will be repeated
  "attempt_lost", // {attempt}: what the attempt showed is void
  "canceling",
  "tool_output", // {call_id}: live output of a running tool
] as const;
export const statusMetadataSchema = z.looseObject({ kind: z.enum(statusKinds) });

const loose = z.record(z.string(), z.unknown());

/** What an engine may emit, and with a wseq what a worker sends to the hub. `done` or `parked` is the last one. */
export const taskEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), content: z.string(), metadata: loose }),
  z.object({ type: z.literal("reasoning"), content: z.string(), metadata: loose }),
  z.object({ type: z.literal("tool_call"), content: z.string(), metadata: toolCallMetadataSchema }),
  z.object({ type: z.literal("tool_result"), content: z.string(), metadata: toolResultMetadataSchema }),
  z.object({ type: z.literal("approval_request"), content: z.string(), metadata: approvalMetadataSchema }),
  z.object({ type: z.literal("usage"), content: z.string(), metadata: usageSchema }),
  z.object({ type: z.literal("artifact"), content: z.string(), metadata: loose }),
  z.object({ type: z.literal("status"), content: z.string(), metadata: statusMetadataSchema }),
  z.object({ type: z.literal("error"), content: z.string(), metadata: errorMetadataSchema }),
  z.object({
    type: z.literal("parked"),
    content: z.string(),
    metadata: z.object({ approvals: z.array(z.string()).min(1) }),
  }),
  z.object({ type: z.literal("done"), content: z.string(), metadata: outcomeSchema }),
]);
export type TaskEvent = z.infer<typeof taskEventSchema>;
export type TaskEventType = TaskEvent["type"];
export type TaskEventOf<T extends TaskEventType> = Extract<TaskEvent, { type: T }>;
export const taskEventTypes = taskEventSchema.options.map((option) => option.shape.type.value);

/** An event as the worker journals and sends it. */
export interface WorkerEvent {
  wseq: number;
  event: TaskEvent;
}

/** An event as the hub keeps it. */
export interface StoredEvent {
  sessionId: string;
  taskId: string;
  attempt: number;
  /** 1, 2, 3 … per task, across attempts. */
  seq: number;
  /** 1, 2, 3 … per session, across tasks: what a cursor stands for. */
  pos: number;
  /** The worker's number for it; 0 for an event of the hub's own. */
  wseq: number;
  /** ISO-8601 UTC */
  timestamp: string;
  event: TaskEvent;
}

export function isTerminalEvent(event: TaskEvent): event is TaskEventOf<"done"> {
  return event.type === "done";
}

/** A failed run ends with one `error` and one `done`; this makes the pair. */
export function failure(
  error: { code: z.infer<typeof errorCodeSchema>; message: string; hint?: string | undefined },
  outcome: {
    reason?: string;
    retryable: boolean;
    cost_usd?: number;
    num_turns?: number;
    duration_ms?: number;
    result?: string;
  },
): [TaskEventOf<"error">, TaskEventOf<"done">] {
  const { code, message, hint } = error;
  return [
    { type: "error", content: message, metadata: { code, retryable: outcome.retryable, ...(hint && { hint }) } },
    {
      type: "done",
      content: "",
      metadata: {
        status: "failed",
        reason: outcome.reason ?? code,
        code,
        retryable: outcome.retryable,
        ...(outcome.result !== undefined && { result: outcome.result }),
        cost_usd: outcome.cost_usd ?? 0,
        num_turns: outcome.num_turns ?? 0,
        duration_ms: outcome.duration_ms ?? 0,
      },
    },
  ];
}

export function canceled(
  outcome: { cost_usd?: number; num_turns?: number; duration_ms?: number } = {},
): TaskEventOf<"done"> {
  return {
    type: "done",
    content: "",
    metadata: {
      status: "canceled",
      reason: "canceled",
      code: "canceled",
      retryable: true,
      cost_usd: outcome.cost_usd ?? 0,
      num_turns: outcome.num_turns ?? 0,
      duration_ms: outcome.duration_ms ?? 0,
    },
  };
}
