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

/** What a lost attempt showed is void; what attempts before it showed stands. */
function toParts(events: readonly StoredEvent[]): MessagePart[] {
  let parts: { attempt: number; part: MessagePart }[] = [];
  const calls = new Map<string, ToolCall>();
  for (const { attempt, event } of events) {
    if (event.type === "text" || event.type === "reasoning") {
      const last = parts.at(-1);
      if (last?.attempt === attempt && last.part.type === event.type) last.part.text += event.content;
      else parts.push({ attempt, part: { type: event.type, text: event.content } });
    } else if (event.type === "tool_call") {
      const { call_id: callId, args } = event.metadata;
      const call: ToolCall = { callId, name: event.content, args, output: null, ok: null, durationMs: null };
      calls.set(callId, call);
      parts.push({ attempt, part: { type: "tool", call } });
    } else if (event.type === "tool_result") {
      const { call_id, ok, duration_ms: durationMs } = event.metadata;
      Object.assign(calls.get(call_id) ?? {}, { output: event.content, ok, durationMs });
    } else if (event.type === "status" && event.metadata.kind === "attempt_lost") {
      parts = parts.filter((shown) => shown.attempt !== event.metadata.attempt);
    }
  }
  return parts.map(({ part }) => part);
}
