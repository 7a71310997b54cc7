import type { Task, TaskEvent } from "@anywork/protocol";

/** The first event of every task: it carries the request, so that a second device shows it too. */
export function queuedEvent(task: Task, position: number): TaskEvent {
  return {
    type: "status",
    content: position === 0 ? "starting" : `queued behind ${position}`,
    metadata: {
      kind: "queued",
      position,
      message: task.message,
      created_at: task.createdAt,
      ...(task.retryOf && { retry_of: task.retryOf }),
    },
  };
}
