import type { TaskStatus } from "@anywork/protocol";

const tones: Record<TaskStatus, string> = {
  pending: "border-2 border-info",
  running: "bg-info animate-pulse",
  input_required: "bg-warn",
  completed: "bg-ok",
  failed: "bg-danger",
  canceled: "border-2 border-strong",
};

/** Beside it always stands the word: colour alone says nothing. */
export function StatusDot({ status }: { status: TaskStatus | null }) {
  return (
    <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${status ? tones[status] : "bg-transparent"}`} />
  );
}
