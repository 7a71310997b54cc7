// A thread as rows of the virtual list: what was asked, each part of the answer, how it ended. A task that did not
// change gives the same rows again, so that a long chat costs nothing while its end is streaming.
import { isOver, type PartView, type PendingMessage, type TaskView, type Thread } from "@anywork/client";

export type Row =
  | { kind: "user"; key: string; task: TaskView; ahead: number }
  | { kind: "part"; key: string; task: TaskView; part: PartView; isLast: boolean }
  | { kind: "foot"; key: string; task: TaskView }
  | { kind: "pending"; key: string; message: PendingMessage };

const made = new WeakMap<TaskView, { ahead: number; rows: Row[] }>();

function rowsOfTask(task: TaskView, ahead: number): Row[] {
  const before = made.get(task);
  if (before !== undefined && before.ahead === ahead) return before.rows;
  const { taskId } = task;
  const rows: Row[] = [{ kind: "user", key: `${taskId}:user`, task, ahead }];
  // Nothing to say about a task that waits behind another: its message says it.
  if (ahead === 0 || task.status !== "pending") {
    task.parts.forEach((part, i) => {
      rows.push({ kind: "part", key: `${taskId}:${i}`, task, part, isLast: i === task.parts.length - 1 });
    });
    rows.push({ kind: "foot", key: `${taskId}:foot`, task });
  }
  made.set(task, { ahead, rows });
  return rows;
}

export function rowsOf(thread: Thread): Row[] {
  const rows: Row[] = [];
  let ahead = 0;
  for (const task of thread.tasks) {
    for (const row of rowsOfTask(task, ahead)) rows.push(row);
    if (!isOver(task)) ahead += 1;
  }
  for (const message of thread.pending) rows.push({ kind: "pending", key: message.id, message });
  return rows;
}

/** A guess at a row's height until it is measured. */
export function estimateRow(row: Row): number {
  if (row.kind === "user") return 72 + Math.floor(Math.min(row.task.userText.length, 4000) / 70) * 24;
  if (row.kind === "foot") return 56;
  if (row.kind === "pending") return 96;
  if (row.part.type === "text") return 40 + Math.floor(Math.min(row.part.text.length, 20_000) / 90) * 24;
  return 48;
}
