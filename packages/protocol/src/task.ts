import { z } from "zod";
import { errorCodeSchema } from "./error.ts";

export const taskStatuses = ["pending", "running", "input_required", "completed", "failed", "canceled"] as const;
export const taskStatusSchema = z.enum(taskStatuses);
export type TaskStatus = z.infer<typeof taskStatusSchema>;

export const terminalStatuses = ["completed", "failed", "canceled"] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];
export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status);
}

/** A session id may be the caller's own (a PR number, a thread id). Never used as a path or in a command. */
export const sessionIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,200}$/, "1 to 200 characters of A-Z a-z 0-9 . _ : -")
  .refine((id) => id !== "." && id !== "..", "must not be . or ..");

/** Instants are ISO-8601 in UTC on wire and disk. */
export const instantSchema = z.iso.datetime();

/** Names of things the operator defined (skills, MCP servers, agents); never definitions. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/, "a name of up to 200 characters");

/** What `done` says. The stored status comes from here alone. */
export const outcomeSchema = z.object({
  status: z.enum(terminalStatuses),
  /** Why, in one word, when it is not completed: canceled, lost, idle_timeout, provider_auth … */
  reason: z.string().optional(),
  code: errorCodeSchema.optional(),
  /** Whether "run again" makes sense without changing anything. */
  retryable: z.boolean(),
  /** The answer's text. */
  result: z.string().optional(),
  structured_output: z.unknown().optional(),
  cost_usd: z.number(),
  num_turns: z.number(),
  duration_ms: z.number(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

export const taskSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  channel: z.string(),
  agent: z.string(),
  status: taskStatusSchema,
  message: z.string(),
  skills: z.array(z.string()),
  mcpServers: z.array(z.string()),
  attempt: z.number().int(),
  workerId: z.string().nullable(),
  retryOf: z.string().nullable(),
  result: z.string().nullable(),
  structuredOutput: z.unknown().nullable(),
  error: z.object({ code: errorCodeSchema, message: z.string(), hint: z.string().optional() }).nullable(),
  reason: z.string().nullable(),
  retryable: z.boolean(),
  costUsd: z.number(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  numTurns: z.number().int(),
  durationMs: z.number(),
  createdAt: instantSchema,
  startedAt: instantSchema.nullable(),
  finishedAt: instantSchema.nullable(),
});
export type Task = z.infer<typeof taskSchema>;

export const sessionSchema = z.object({
  id: z.string(),
  title: z.string(),
  channel: z.string(),
  agent: z.string(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  /** The status of its newest task; null before the first. */
  status: taskStatusSchema.nullable(),
});
export type Session = z.infer<typeof sessionSchema>;

export const toolCallSchema = z.object({
  callId: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
  output: z.string().nullable(),
  /** Null while it runs, or when its end was never seen. */
  ok: z.boolean().nullable(),
  durationMs: z.number().nullable(),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/** One part of an answer, in the order in which it happened. */
export const messagePartSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("reasoning"), text: z.string() }),
  z.object({ type: z.literal("tool"), call: toolCallSchema }),
]);
export type MessagePart = z.infer<typeof messagePartSchema>;

export const messageSchema = z.object({
  role: z.enum(["user", "assistant"]),
  content: z.string(),
  timestamp: instantSchema,
  taskId: z.string(),
  toolCalls: z.array(toolCallSchema).optional(),
  /** Assistant only: the answer in order; `content` is its text parts joined. */
  parts: z.array(messagePartSchema).optional(),
  /** Assistant only: how its task ended. */
  outcome: outcomeSchema.optional(),
  error: taskSchema.shape.error.optional(),
});
export type Message = z.infer<typeof messageSchema>;

export const usageSchema = z.object({
  model: z.string(),
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  cache_read_tokens: z.number().int().nonnegative().optional(),
  cache_write_tokens: z.number().int().nonnegative().optional(),
  /** Null when the model has no known price. */
  cost_usd: z.number().nullable(),
  first_token_ms: z.number().optional(),
});
export type Usage = z.infer<typeof usageSchema>;
