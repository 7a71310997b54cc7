// In: one attempt and the engine session that runs it. Out: its events in the journal, ending with exactly one `done`
// or `parked`, whatever the engine does: throws, hangs, ends silently, goes on after cancel. Next: journal.ts.
import { setImmediate as nextTick } from "node:timers/promises";
import type { EngineSession, EngineTask } from "@anywork/engines";
import {
  AnyWorkError,
  canceled,
  failure,
  type Resume,
  type TaskEvent,
  type TaskEventOf,
  taskEventSchema,
  toAnyWorkError,
} from "@anywork/protocol";
import type { Journal } from "./journal.ts";

/** How long an aborted engine may take to end its processes and say `done`. */
const graceMs = 10_000;
/** Made once: an abort without a reason makes an exception with its stack, each time. */
const runIsOver = new AnyWorkError("canceled", "the run is over");
const maxTimerMs = 2 ** 31 - 1;

export interface Run {
  cancel(): void;
  answer(answer: Resume): Promise<void>;
  /** Resolves with whether the engine came to its own end; false: it hangs, and its session cannot be used again. */
  readonly ended: Promise<boolean>;
}

export interface RunOptions {
  journal: Journal;
  open: () => Promise<EngineSession>;
  task: EngineTask;
  resume: Resume | undefined;
  graceMs?: number;
}

type StopReason = "canceled" | "idle_timeout" | "total_timeout";
type Done = TaskEventOf<"done">;

export function startRun(options: RunOptions): Run {
  const { journal, task, resume } = options;
  const { limits } = task.agent;
  const abort = new AbortController();
  const ended = Promise.withResolvers<boolean>();
  let session: EngineSession | null = null;
  let stopped: StopReason | null = null;
  let isWaiting = false;
  let grace: NodeJS.Timeout | undefined;

  const stop = (reason: StopReason) => {
    if (stopped || journal.isEnded) return;
    stopped = reason;
    grace = setTimeout(() => finish(lastEvents(reason, task, null), false), options.graceMs ?? graceMs);
    abort.abort(new AnyWorkError(reason, stopSentence(reason, task)));
  };
  const idle: NodeJS.Timeout = setTimeout(
    () => {
      if (isWaiting) idle.refresh();
      else stop("idle_timeout");
    },
    Math.min(limits.idle_timeout_ms, maxTimerMs),
  );
  const total = setTimeout(() => stop("total_timeout"), Math.min(limits.total_timeout_ms, maxTimerMs));

  function finish(events: TaskEvent[], isOwnEnd: boolean): void {
    if (journal.isEnded) return;
    for (const timer of [idle, total, grace]) clearTimeout(timer);
    try {
      for (const event of events) journal.append(event);
    } catch {
      // The disk refuses: the journal ends where it is whole, and the hub, finding no last event, calls the attempt lost.
    }
    journal.end();
    abort.abort(runIsOver);
    ended.resolve(isOwnEnd);
  }

  async function pump(): Promise<void> {
    session = await options.open();
    for await (const event of session.run(task, { resume }, abort.signal)) {
      if (journal.isEnded) return;
      if (event.type === "done" || event.type === "parked") return finish(conclude(event, stopped, task), true);
      if (stopped && event.type === "error") continue;
      idle.refresh();
      isWaiting = event.type === "approval_request";
      // Lets requests in (cancel above all) while an engine says much at once.
      if (journal.append(checked(event))) await nextTick();
    }
    const silent = new AnyWorkError("engine_failed", `the engine ${task.agent.engine} ended without a result`);
    finish(stopped ? lastEvents(stopped, task, null) : failureOf(silent), true);
  }

  pump().catch((thrown) => {
    const error = toAnyWorkError(thrown, "engine_failed");
    finish(stopped ? lastEvents(stopped, task, null) : failureOf(error), true);
  });

  return {
    ended: ended.promise,
    cancel: () => stop("canceled"),
    async answer(answer) {
      if (!session || journal.isEnded) throw new AnyWorkError("not_found", "the run is not alive");
      await session.answer(answer);
      isWaiting = false;
      idle.refresh();
    },
  };
}

/** What is not a delta is checked here, because a frame of a wrong shape would cost the hub its whole stream. */
function checked(event: TaskEvent): TaskEvent {
  if (event.type === "text" || event.type === "reasoning") {
    if (typeof event.content === "string") return event;
    throw new AnyWorkError("engine_failed", `the engine made a ${event.type} event without text`);
  }
  const parsed = taskEventSchema.safeParse(event);
  if (parsed.success) return event;
  throw new AnyWorkError("engine_failed", `the engine made a wrong ${event.type} event`, { cause: parsed.error });
}

/** The engine's own last event, unless it was told to stop and did not come to a result in spite of it. */
function conclude(event: Done | TaskEventOf<"parked">, stopped: StopReason | null, task: EngineTask): TaskEvent[] {
  if (!stopped || (event.type === "done" && event.metadata.status === "completed")) return [event];
  return lastEvents(stopped, task, event.type === "done" ? event : null);
}

function lastEvents(reason: StopReason, task: EngineTask, done: Done | null): TaskEvent[] {
  const { cost_usd = 0, num_turns = 0, duration_ms = 0 } = done?.metadata ?? {};
  const spent = { cost_usd, num_turns, duration_ms };
  if (reason === "canceled") return [canceled(spent)];
  const hint = "Try again, or raise the limit in config.yaml.";
  return failure({ code: reason, message: stopSentence(reason, task), hint }, { retryable: true, ...spent });
}

function stopSentence(reason: StopReason, { agent: { limits } }: EngineTask): string {
  if (reason === "canceled") return "canceled";
  if (reason === "idle_timeout") return `nothing happened for ${limits.idle_timeout_ms / 1000} s`;
  return `the task took longer than ${limits.total_timeout_ms / 1000} s`;
}

const failureOf = ({ code, message, hint }: AnyWorkError) => failure({ code, message, hint }, { retryable: true });
