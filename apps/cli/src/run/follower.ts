// In: every frame of a socket. Out: which of them belong to the one task that this command asked for, each once, and
// how it ended. Next: run.ts shows them.
import { type HubFrame, type Outcome, outcomeSchema } from "@anywork/protocol";

export type Step =
  | { kind: "ignore" }
  | { kind: "show" }
  /** The hub did not take the message. */
  | { kind: "refused" }
  | { kind: "ended"; outcome: Outcome };

export interface Follower {
  take(frame: HubFrame): Step;
  /** Null until the hub has taken the message. */
  taskId(): string | null;
}

export interface Asked {
  sessionId: string;
  message: string;
  /** Tasks that the session had before. */
  known: ReadonlySet<string>;
}

const ignore: Step = { kind: "ignore" };
const show: Step = { kind: "show" };

/** Refusals of something else than the message: of a cancel that came too late, of a session that is not there yet. */
const beside = new Set<unknown>(["task_terminal", "not_found"]);

export function createFollower({ sessionId, message, known }: Asked): Follower {
  let taskId: string | null = null;
  let lastSeq = 0;

  function isOurFirst({ type, task_id = "", metadata }: HubFrame): boolean {
    if (type !== "status" || metadata.kind !== "queued" || metadata.retry_of !== undefined) return false;
    return !known.has(task_id) && metadata.message === message;
  }

  function takeReset({ metadata }: HubFrame): Step {
    const messages = Array.isArray(metadata.messages) ? metadata.messages : [];
    const ours = messages.find((one) => one.taskId === taskId && one.role === "assistant");
    const outcome = outcomeSchema.safeParse(ours?.outcome);
    return taskId !== null && outcome.success ? { kind: "ended", outcome: outcome.data } : show;
  }

  return {
    taskId: () => taskId,
    take(frame) {
      if (frame.session_id !== sessionId && frame.session_id !== "") return ignore;
      if (frame.type === "session_created") return show;
      if (frame.type === "cursor_reset" || frame.type === "cursor_expired") return takeReset(frame);
      if (frame.task_id === undefined) {
        if (frame.type !== "error" || beside.has(frame.metadata.code)) return ignore;
        return taskId === null ? { kind: "refused" } : show;
      }
      if (taskId === null && isOurFirst(frame)) taskId = frame.task_id;
      if (frame.task_id !== taskId || (frame.seq ?? 0) <= lastSeq) return ignore;
      lastSeq = frame.seq ?? 0;
      return frame.type === "done" ? { kind: "ended", outcome: outcomeSchema.parse(frame.metadata) } : show;
    },
  };
}
