// One frame of a task → the task as it looks after it. Comes in: a frame that thread.ts found to be new. Goes out: a
// new TaskView (the old one is never changed). Order within a task is the hub's `seq`.
import type { ErrorCode, HubFrame, Outcome } from "@anywork/protocol";
import type { PartView, TaskView, ToolView } from "./thread-view.ts";

/** A running tool may print for hours: the page keeps this much of it, the newest; the rest is in the result's file. */
const liveMax = 100_000;

type Metadata = Record<string, unknown>;
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

function withText(task: TaskView, type: "text" | "reasoning", delta: string): PartView[] {
  const last = task.parts.at(-1);
  if (last?.type === type && last.attempt === task.attempt) {
    return [...task.parts.slice(0, -1), { ...last, text: last.text + delta }];
  }
  return [...task.parts, { type, text: delta, attempt: task.attempt }];
}

function withTool(task: TaskView, callId: string, change: (tool: ToolView) => ToolView): PartView[] {
  const index = task.parts.findLastIndex((part) => part.type === "tool" && part.tool.callId === callId);
  const found = task.parts[index];
  if (found?.type === "tool") return task.parts.with(index, { ...found, tool: change(found.tool) });
  const tool: ToolView = { callId, name: "tool", args: {}, live: "", output: null, ok: null, durationMs: null };
  return [...task.parts, { type: "tool", tool: change(tool), attempt: task.attempt }];
}

function onStatus(task: TaskView, content: string, metadata: Metadata): TaskView {
  switch (metadata.kind) {
    case "queued":
      return {
        ...task,
        status: "pending",
        queuedPosition: number(metadata.position),
        userText: text(metadata.message) ?? task.userText,
        createdAt: text(metadata.created_at) ?? task.createdAt,
        retryOf: text(metadata.retry_of) ?? task.retryOf,
      };
    case "running":
      return {
        ...task,
        status: "running",
        queuedPosition: null,
        retrying: null,
        attempt: number(metadata.attempt) || task.attempt + 1,
        startedAt: text(metadata.started_at) ?? task.startedAt,
      };
    case "input_required":
      return { ...task, status: "input_required", retrying: null };
    case "retrying":
      return {
        ...task,
        retrying: {
          code: text(metadata.code) ?? "provider_error",
          delayMs: number(metadata.delay_ms),
          retry: number(metadata.retry),
          of: number(metadata.of),
        },
      };
    case "attempt_lost": {
      const lost = number(metadata.attempt) || task.attempt;
      const parts = task.parts.filter((part) => part.attempt !== lost);
      return { ...task, status: "pending", wasLost: true, retrying: null, queuedPosition: null, parts };
    }
    case "canceling":
      return { ...task, canceling: true };
    case "tool_output":
      return {
        ...task,
        parts: withTool(task, text(metadata.call_id) ?? "", (tool) => ({
          ...tool,
          live: (tool.live + content).slice(-liveMax),
        })),
      };
    default:
      return task;
  }
}

export function reduceTask(task: TaskView, frame: HubFrame): TaskView {
  const { content, metadata } = frame;
  switch (frame.type) {
    case "text":
    case "reasoning":
      return { ...task, retrying: null, parts: withText(task, frame.type, content) };
    case "tool_call":
      return {
        ...task,
        retrying: null,
        parts: withTool(task, text(metadata.call_id) ?? "", (tool) => ({
          ...tool,
          name: content,
          args: (metadata.args ?? {}) as Record<string, unknown>,
        })),
      };
    case "tool_result":
      return {
        ...task,
        parts: withTool(task, text(metadata.call_id) ?? "", (tool) => ({
          ...tool,
          output: content,
          ok: metadata.ok === true,
          durationMs: number(metadata.duration_ms),
        })),
      };
    case "usage": {
      const { inputTokens, outputTokens } = task.usage;
      const usage = {
        inputTokens: inputTokens + number(metadata.input_tokens),
        outputTokens: outputTokens + number(metadata.output_tokens),
        model: text(metadata.model) ?? task.usage.model,
      };
      return { ...task, usage };
    }
    case "status":
      return onStatus(task, content, metadata);
    case "error": {
      const hint = text(metadata.hint);
      const code = (text(metadata.code) ?? "internal") as ErrorCode;
      return { ...task, error: { code, message: content, ...(hint !== null && { hint }) } };
    }
    case "done": {
      const outcome = metadata as unknown as Outcome;
      const over = { canceling: false, retrying: null, queuedPosition: null };
      return { ...task, ...over, status: outcome.status, outcome };
    }
    default:
      return task; // an event of a later version: its seq is still taken in
  }
}
