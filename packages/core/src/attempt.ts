// One run of a task in a worker. From: the dispatcher. Out: numbered events through the session log, until the worker
// says `done` or `parked`, or the attempt is lost.

import type { AgentSpec, GatewayAccess } from "@anywork/protocol";
import {
  AnyWorkError,
  canceled,
  failure,
  type Task,
  type TaskEvent,
  toAnyWorkError,
  type WorkerEvent,
} from "@anywork/protocol";
import type { Clock, Driver, Log, Store, WorkerHandle } from "./ports.ts";
import { type Owner, own, type SessionLog } from "./session-log.ts";
import type { SessionLogs } from "./session-logs.ts";
import { createTally } from "./tally.ts";
import { origins } from "./task-state.ts";

export interface AttemptDeps {
  store: Store;
  logs: SessionLogs;
  driver: Driver;
  clock: Clock;
  log: Log;
  /** The agent as this attempt needs it. Throws AnyWorkError (provider_missing) when it cannot run. */
  resolveAgent(task: Task): Promise<AgentSpec>;
  /** Access to the gateway for one attempt; closing it makes its token worthless. */
  gateway: { open(task: Task): Promise<GatewayAccess | null>; close(task: Task): Promise<void> };
  /** A worker that does not obey a cancel for so long is ended. Default 11 s. */
  cancelGraceMs?: number;
}

export interface Attempt {
  /** Which run of its task this is: one more than before as soon as it is claimed. */
  readonly number: number;
  /** Resolves when the lane is free: the task ended or parked, or must be taken up again. Never rejects. */
  readonly over: Promise<"ended" | "again">;
  /** Resolves when all that the worker had journaled before this hub came is taken in. */
  readonly caughtUp: Promise<void>;
  cancel(): Promise<void>;
  /** Lets go of the stream; the worker goes on without this hub. */
  detach(): void;
}

const reattachTries = 3;
const reattachDelayMs = 200;
const storeRetryMs = 1_000;
/** A task that no worker will begin is given up at this attempt. */
const maxStarts = 5;

type Source = "start" | "resume";

export const startAttempt = (task: Task, deps: AttemptDeps): Attempt => createAttempt(task, "start", deps);
/** Takes up an attempt that an earlier hub started. */
export const resumeAttempt = (task: Task, deps: AttemptDeps): Attempt => createAttempt(task, "resume", deps);

function createAttempt(task: Task, source: Source, deps: AttemptDeps): Attempt {
  const { store, logs, driver, clock, log } = deps;
  const detached = new AbortController();
  const caughtUp = Promise.withResolvers<void>();
  let owner: Owner = { taskId: task.id, attempt: task.attempt, leaseToken: null };
  let handle: WorkerHandle | null = null;
  let isCanceling = false;
  let isCancelHeard = false;
  let hasBegun = false;
  let isHanded = false;
  let isForced = false;
  const tally = createTally();
  let stopGrace: (() => void) | null = null;

  async function run(): Promise<"ended" | "again"> {
    const sessionLog = await openLog();
    try {
      if (sessionLog === null) return "ended";
      return source === "start" ? await start(sessionLog) : await resume(sessionLog);
    } catch (error) {
      return sessionLog === null ? "ended" : await giveUp(sessionLog, error);
    } finally {
      stopGrace?.();
      caughtUp.resolve();
      if (!detached.signal.aborted || isForced) await release();
      if (sessionLog !== null) logs.letGo(task.sessionId);
    }
  }

  /** An accepted task waits for a store that cannot be read just now. Null: this hub is ending. */
  async function openLog(): Promise<SessionLog | null> {
    while (!detached.signal.aborted) {
      try {
        return await logs.hold(task.sessionId);
      } catch (error) {
        log.error({ taskId: task.id, error }, "the numbers of a session cannot be read");
        await new Promise<void>((wake) => clock.after(storeRetryMs, wake));
      }
    }
    return null;
  }

  /** The lane does not wait for the gateway: the task's token opens nothing that the next task could meet. */
  async function release(): Promise<void> {
    const leftOpen = (error: unknown) => log.warn({ taskId: task.id, error }, "an attempt left something open");
    deps.gateway.close(task).catch(leftOpen);
    await driver.release(task.sessionId).catch(leftOpen);
  }

  async function start(sessionLog: SessionLog): Promise<"ended" | "again"> {
    if (isCanceling) return await endCanceled(sessionLog);
    const [worker, agent] = await Promise.all([driver.acquire({ id: task.sessionId }), deps.resolveAgent(task)]);
    // Sent together, so that they may share a transaction; without the claim the event is refused. The worker need not
    // wait for the event: what it says is sent behind it.
    const claiming = store.tasks.claim({ id: task.id, workerId: worker.id, at: clock.now() });
    const attempt = task.attempt + 1;
    const begun = sessionLog.commit({ ...owner, attempt }, own(runningEvent(attempt, worker.id)), {
      kind: "move",
      taskId: task.id,
      from: ["running"],
      to: "running",
    });
    begun.catch((error: unknown) => log.info({ taskId: task.id, error }, "an attempt was not announced"));
    // Asked for while the claim is being stored: without it neither has an effect.
    const ready = Promise.all([
      deps.gateway.open(task),
      worker.prepare({ task_id: task.id, session_id: task.sessionId }, detached.signal),
    ]);
    ready.catch(() => undefined);
    // Where nothing was claimed, the refused event is over before another one is numbered.
    const claim = await claiming.finally(() => begun.catch(() => undefined));
    if (!claim) return "ended";
    handle = worker;
    owner = { taskId: task.id, attempt: claim.task.attempt, leaseToken: claim.leaseToken };
    let gateway: GatewayAccess | null;
    try {
      [gateway] = await ready;
    } catch (error) {
      if (isGone(error)) return await startOver(sessionLog, error);
      throw error;
    }
    if (isCanceling) return await endCanceled(sessionLog);
    isHanded = true;
    const stream = worker.chat(
      {
        task_id: task.id,
        attempt: owner.attempt,
        session_id: task.sessionId,
        message: task.message,
        agent,
        lease: { token: claim.leaseToken },
        gateway,
      },
      detached.signal,
    );
    return await follow(sessionLog, stream);
  }

  async function endCanceled(sessionLog: SessionLog): Promise<"ended"> {
    await end(sessionLog, [canceled()]);
    return "ended";
  }

  async function resume(sessionLog: SessionLog): Promise<"ended" | "again"> {
    const claim = await store.tasks.takeOver(task.id);
    if (!claim) return "ended";
    owner = { ...owner, attempt: claim.task.attempt, leaseToken: claim.leaseToken };
    await noteStored();
    // The journal of a dead worker can be read through any other one.
    handle = (task.workerId && (await driver.find(task.workerId))) || (await driver.acquire({ id: task.sessionId }));
    isHanded = true;
    // What its worker has journaled can be read without; what it asks of a model meanwhile, it asks again.
    deps.gateway
      .open(task)
      .catch((error: unknown) => log.warn({ taskId: task.id, error }, "the gateway does not know a running task"));
    return await follow(sessionLog, null);
  }

  /** Reads the stream to its lawful end; a broken one is taken up again at the last wseq while the worker lives. */
  async function follow(
    sessionLog: SessionLog,
    first: AsyncIterable<WorkerEvent[]> | null,
  ): Promise<"ended" | "again"> {
    let stream = first;
    let failures = 0;
    let refusal: unknown;
    for (;;) {
      try {
        const ended = stream ? await take(sessionLog, stream) : await attachAndTake(sessionLog);
        if (ended) {
          void forget();
          return "ended";
        }
        if (stream === null) return await lose(sessionLog);
      } catch (error) {
        if (detached.signal.aborted) return "ended";
        if (isRefusal(error)) throw error;
        if (isUnknown(error) && sessionLog.wseq(owner) === 0) return await startOver(sessionLog, refusal ?? error);
        refusal = error;
        if (stream === null) failures += 1;
        const mayComeBack = failures < reattachTries && handle !== null && (await driver.isHealthy(handle));
        if (!mayComeBack) return await lose(sessionLog);
        log.warn({ taskId: task.id, error }, "a worker's stream broke; attaching again");
        await new Promise<void>((wake) => clock.after(reattachDelayMs, wake));
      }
      stream = null;
    }
  }

  /** All of it is stored now. A journal that stays costs only its place: the worker lets it go by itself in time. */
  async function forget(): Promise<void> {
    await handle?.forget({ taskId: task.id, attempt: owner.attempt }).catch((error: unknown) => {
      log.warn({ taskId: task.id, error }, "a journal could not be let go");
    });
  }

  /** The task was claimed but no worker ever began it: nothing was done, so it may simply be run, a few times. */
  async function startOver(sessionLog: SessionLog, refusal: unknown): Promise<"ended" | "again"> {
    if (owner.attempt >= maxStarts) throw refusal;
    await new Promise<void>((wake) => clock.after(reattachDelayMs * (owner.attempt - 1), wake));
    if (isCanceling) return await endCanceled(sessionLog);
    const lost: TaskEvent = {
      type: "status",
      content: "starting again",
      metadata: { kind: "attempt_lost", attempt: owner.attempt },
    };
    await sessionLog.commit(owner, own(lost), {
      kind: "move",
      taskId: task.id,
      from: origins("pending"),
      to: "pending",
    });
    return isCanceling ? await endCanceled(sessionLog) : "again";
  }

  async function attachAndTake(sessionLog: SessionLog): Promise<boolean> {
    if (!handle) return false;
    const after = sessionLog.wseq(owner);
    const { head, batches } = await handle.attach({ taskId: task.id, attempt: owner.attempt, after }, detached.signal);
    if (head <= after) caughtUp.resolve();
    return await take(sessionLog, batches, head);
  }

  /** True when the stream came to `done` or `parked`. */
  async function take(sessionLog: SessionLog, batches: AsyncIterable<WorkerEvent[]>, head = 0): Promise<boolean> {
    for await (const batch of batches) {
      const last = batch.at(-1);
      if (!last) continue;
      hasBegun = true;
      const firstStored = tally.note(batch);
      if (firstStored !== 0) await sessionLog.trail(owner, batch.slice(0, firstStored));
      if (firstStored < batch.length) {
        await sessionLog.commit(owner, batch.slice(firstStored), changeBy(last.event));
      }
      if (last.wseq >= head) caughtUp.resolve();
      if (last.event.type === "done" || last.event.type === "parked") return true;
      if (isCanceling && !isCancelHeard) await tellCancel();
    }
    return false;
  }

  /** What the former hub had taken in of this attempt counts too. */
  async function noteStored(): Promise<void> {
    const stored = await store.events.readTask({ taskId: task.id, after: 0, limit: Number.MAX_SAFE_INTEGER });
    tally.note(stored.filter((kept) => kept.attempt === owner.attempt && kept.wseq > 0));
  }

  function changeBy(event: TaskEvent) {
    if (event.type === "parked") {
      return { kind: "move" as const, taskId: task.id, from: origins("input_required"), to: "input_required" as const };
    }
    return event.type === "done" ? endBy(event) : undefined;
  }

  function endBy(done: Extract<TaskEvent, { type: "done" }>) {
    return {
      kind: "end" as const,
      taskId: task.id,
      from: origins(done.metadata.status),
      outcome: done.metadata,
      error: done.metadata.status === "failed" ? (tally.error() ?? unexplained) : null,
      tokens: tally.tokens,
      at: clock.now(),
    };
  }

  async function end(sessionLog: SessionLog, events: TaskEvent[]): Promise<void> {
    for (const event of events) tally.noteError(event);
    const done = events.at(-1);
    if (done?.type === "done") await sessionLog.commit(owner, own(...events), endBy(done));
  }

  /** The attempt's worker is gone, or its journal ends without `done`: never success, and never silently run again. */
  async function lose(sessionLog: SessionLog): Promise<"ended"> {
    log.warn({ taskId: task.id, attempt: owner.attempt }, "an attempt was lost");
    // Should it live after all, it must not go on beside the session's next task.
    void tellCancel();
    const message = "The worker died while it worked on this.";
    const hint = "Run it again. What it had done so far is kept above; files it wrote are in the workspace.";
    const events = isCanceling
      ? [canceled()]
      : failure({ code: "worker_lost", message, hint }, { reason: "lost", retryable: true });
    await end(sessionLog, events);
    return "ended";
  }

  async function giveUp(sessionLog: SessionLog, thrown: unknown): Promise<"ended"> {
    if (detached.signal.aborted) return "ended";
    const error = toAnyWorkError(thrown);
    // Never left running: where it ended meanwhile, or another owner has it, the store refuses this end.
    if (isRefusal(error) && owner.leaseToken === null) return "ended";
    log.error({ taskId: task.id, error }, "an attempt failed");
    const { code, message, hint } = error;
    const events = isCanceling ? [canceled()] : failure({ code, message, hint }, { retryable: true });
    await end(sessionLog, events).catch((late: unknown) => {
      if (isRefusal(late)) log.info({ taskId: task.id }, "an attempt came too late");
      else log.error({ taskId: task.id, error: late }, "its failure could not be stored");
    });
    return "ended";
  }

  async function cancel(): Promise<void> {
    const sessionLog = await logs.hold(task.sessionId);
    try {
      if (isCanceling) return;
      isCanceling = true;
      const stored = sessionLog.commit(owner, own(cancelingEvent));
      stopGrace = clock.after(deps.cancelGraceMs ?? 11_000, () => void forceCancel(sessionLog));
      // A store that refuses keeps nothing running.
      await Promise.all([stored, tellCancel()]);
    } finally {
      logs.letGo(task.sessionId);
    }
  }

  async function tellCancel(): Promise<void> {
    // Told before its stream began, a worker may not know the attempt yet: it is told again with the first events.
    isCancelHeard = hasBegun;
    await handle?.cancel({ session_id: task.sessionId, task_id: task.id }).catch((error: unknown) => {
      log.warn({ taskId: task.id, error }, "the worker did not take the cancel; it is ended after the grace time");
    });
  }

  async function forceCancel(sessionLog: SessionLog): Promise<void> {
    log.warn({ taskId: task.id }, "a worker did not obey a cancel and is ended");
    isForced = true;
    // One that was never given the task serves others: it is not to blame.
    if (isHanded) await driver.release(task.sessionId, { kill: true }).catch(() => undefined);
    deps.gateway.close(task).catch((error: unknown) => log.warn({ taskId: task.id, error }, "its token stays open"));
    await end(sessionLog, [canceled()]).catch(() => undefined);
    detached.abort();
  }

  return {
    get number() {
      return owner.attempt;
    },
    over: run(),
    caughtUp: caughtUp.promise,
    cancel,
    detach: () => detached.abort(),
  };
}

const unexplained = { code: "engine_failed" as const, message: "The engine failed without saying why." };

const cancelingEvent: TaskEvent = { type: "status", content: "stopping", metadata: { kind: "canceling" } };

function runningEvent(attempt: number, workerId: string): TaskEvent {
  return { type: "status", content: "running", metadata: { kind: "running", attempt, worker_id: workerId } };
}

/** The worker ended between its acquisition and the chat. */
const isGone = (error: unknown): boolean =>
  error instanceof AnyWorkError && ["worker_lost", "worker_unavailable"].includes(error.code);

const isUnknown = (error: unknown): boolean => error instanceof AnyWorkError && error.code === "not_found";

function isRefusal(error: unknown): boolean {
  return error instanceof AnyWorkError && ["task_terminal", "stale_lease"].includes(error.code);
}
