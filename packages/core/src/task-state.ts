import { AnyWorkError, type TaskStatus } from "@anywork/protocol";

/** Every legal move of a task's status. What is not listed is illegal and throws. */
export const moves: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ["running", "failed", "canceled"],
  running: ["input_required", "pending", "completed", "failed", "canceled"],
  input_required: ["running", "pending", "failed", "canceled"],
  completed: [],
  failed: [],
  canceled: [],
};

/** The statuses from which `to` may be reached: what a compare-and-set compares with. */
export function origins(to: TaskStatus): TaskStatus[] {
  return (Object.keys(moves) as TaskStatus[]).filter((from) => moves[from].includes(to));
}

export function assertMove(from: TaskStatus, to: TaskStatus): void {
  if (moves[from].includes(to)) return;
  const code = moves[from].length === 0 ? "task_terminal" : "conflict";
  throw new AnyWorkError(code, `A task that is ${from} cannot become ${to}.`);
}
