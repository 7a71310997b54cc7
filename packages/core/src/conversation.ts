// What was said, from the events of each task: for pages that open late and for snapshots.
import type { Message, MessagePart, StoredEvent, Task, ToolCall } from "@anywork/protocol";

const reasonsWithoutError = new Set(["canceled"]);

/** The user's message and, once anything came, the answer with its parts in order. */
export function toMessages(task: Task, events: readonly StoredEvent[]): Message[] {
  const user: Message = { role: "user", content: task.message, timestamp: task.createdAt, taskId: task.id };
  const parts = toParts(events);
  const done = events.findLast((stored) => stored.event.type === "done")?.event;
  if (parts.length === 0 && done === undefined) return [user];
  const toolCalls = parts.filter((part) => part.type === "tool").map((part) => part.call);
  const content = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return [
    user,
    {
      role: "assistant",
      content,
      timestamp: task.finishedAt ?? events.at(-1)?.timestamp ?? task.createdAt,
      taskId: task.id,
      ...(toolCalls.length > 0 && { toolCalls }),
      parts,
      ...(done?.type === "done" && { outcome: done.metadata }),
      ...(task.error && !reasonsWithoutError.has(task.error.code) && { error: task.error }),
    },
  ];
}

function toParts(events: readonly StoredEvent[]): MessagePart[] {
  let parts: MessagePart[] = [];
  const calls = new Map<string, ToolCall>();
  for (const { event } of events) {
    if (event.type === "text" || event.type === "reasoning") addText(parts, event.type, event.content);
    else if (event.type === "tool_call") {
      const { call_id: callId, args } = event.metadata;
      const call: ToolCall = { callId, name: event.content, args, output: null, ok: null, durationMs: null };
      calls.set(callId, call);
      parts.push({ type: "tool", call });
    } else if (event.type === "tool_result") {
      const call = calls.get(event.metadata.call_id);
      if (call)
        Object.assign(call, { output: event.content, ok: event.metadata.ok, durationMs: event.metadata.duration_ms });
    } else if (event.type === "status" && event.metadata.kind === "attempt_lost") parts = [];
  }
  return parts;
}

function addText(parts: MessagePart[], type: "text" | "reasoning", text: string): void {
  const last = parts.at(-1);
  if (last?.type === type) last.text += text;
  else parts.push({ type, text });
}
