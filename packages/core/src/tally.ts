// What the end of a task needs of the events before it: the error that explains it, and the tokens it cost.
import type { Task, TaskEvent, WorkerEvent } from "@anywork/protocol";

export interface Tally {
  /** Takes a batch in; the index of the first event that must be stored before it is sent, or the batch's length. */
  note(batch: readonly WorkerEvent[]): number;
  noteError(event: TaskEvent): void;
  /** The last error that was noted. */
  error(): Task["error"];
  readonly tokens: { input: number; output: number };
}

export function createTally(): Tally {
  const tokens = { input: 0, output: 0 };
  let error: Task["error"] = null;
  let lastWseq = 0;

  function noteError(event: TaskEvent): void {
    if (event.type !== "error") return;
    const { code, hint } = event.metadata;
    error = { code, message: event.content, ...(hint && { hint }) };
  }

  function noteUsage(event: TaskEvent, wseq: number): void {
    // A journal that is taken up again may repeat what was counted already.
    if (event.type !== "usage" || wseq <= lastWseq) return;
    tokens.input += event.metadata.input_tokens;
    tokens.output += event.metadata.output_tokens;
  }

  return {
    note(batch) {
      let firstStored = batch.length;
      for (const [index, { event, wseq }] of batch.entries()) {
        if (event.type === "text") continue;
        noteError(event);
        noteUsage(event, wseq);
        if (mustBeStored.has(event.type)) firstStored = Math.min(firstStored, index);
        lastWseq = Math.max(lastWseq, wseq);
      }
      return firstStored;
    },
    noteError,
    error: () => error,
    tokens,
  };
}

const mustBeStored: ReadonlySet<TaskEvent["type"]> = new Set(["done", "parked", "approval_request"]);
