// What a reader of a session sees, as plain values. Made by the reducer in thread.ts, drawn by the page.
import type { ErrorCode, Outcome, TaskStatus } from "@anywork/protocol";

export interface ToolView {
  callId: string;
  name: string;
  args: Record<string, unknown>;
  /** What the tool printed so far; the newest part of it when it is long. */
  live: string;
  /** The result, once there is one. */
  output: string | null;
  /** Null while it runs, or when its end was never seen. */
  ok: boolean | null;
  durationMs: number | null;
}

/** One part of an answer. `attempt` names the run that made it: a lost attempt takes its parts with it. */
export type PartView =
  | { type: "text"; text: string; attempt: number }
  | { type: "reasoning"; text: string; attempt: number }
  | { type: "tool"; tool: ToolView; attempt: number };

export interface TaskFailure {
  code: ErrorCode;
  message: string;
  hint?: string;
}

export interface TaskView {
  taskId: string;
  userText: string;
  /** ISO-8601 UTC, or null when it is not known. */
  createdAt: string | null;
  startedAt: string | null;
  retryOf: string | null;
  status: TaskStatus;
  canceling: boolean;
  /** Tasks of the session before it; null once it runs. */
  queuedPosition: number | null;
  attempt: number;
  /** Whether an attempt before this one was lost. */
  wasLost: boolean;
  /** A model call is being repeated: why, and after how long. */
  retrying: { code: string; delayMs: number; retry: number; of: number } | null;
  parts: PartView[];
  error: TaskFailure | null;
  outcome: Outcome | null;
  usage: { inputTokens: number; outputTokens: number; model: string | null };
  /** Number of the last event taken in; an event at or below it was seen already. */
  lastSeq: number;
}

/** A message that was sent and is not yet confirmed by the hub. */
export interface PendingMessage {
  id: string;
  text: string;
  state: "sending" | "not_sent" | "refused";
  error: TaskFailure | null;
}

export interface Thread {
  tasks: TaskView[];
  pending: PendingMessage[];
  /** Where to go on reading after a reconnect. */
  cursor: string | null;
}

export const emptyThread: Thread = { tasks: [], pending: [], cursor: null };

export function isOver(task: Pick<TaskView, "status">): boolean {
  return task.status === "completed" || task.status === "failed" || task.status === "canceled";
}

export function newTask(taskId: string, attempt = 0): TaskView {
  return {
    taskId,
    userText: "",
    createdAt: null,
    startedAt: null,
    retryOf: null,
    status: "pending",
    canceling: false,
    queuedPosition: null,
    attempt,
    wasLost: false,
    retrying: null,
    parts: [],
    error: null,
    outcome: null,
    usage: { inputTokens: 0, outputTokens: 0, model: null },
    lastSeq: 0,
  };
}
