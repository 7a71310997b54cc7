// One lane per session. In: stored tasks, in the order of their acceptance. Out: attempts, one at a time per session,
// each claimed by lease before a worker sees it.
import { AnyWorkError, canceled, isTerminal, type Task } from "@anywork/protocol";
import { type Attempt, type AttemptDeps, resumeAttempt, startAttempt } from "./attempt.ts";
import { queuedEvent } from "./queued-event.ts";
import { own } from "./session-log.ts";
import { origins } from "./task-state.ts";

export interface Dispatcher {
  /** A task of the session is about to be stored: its log is opened meanwhile. The result ends the wait. */
  expect(sessionId: string): () => void;
  /** Takes a pending task into its session's lane. */
  enqueue(task: Task): void;
  /** Throws not_found, task_terminal. Resolves when the wish is stored; the terminal event follows within 12 s. */
  cancel(taskId: string): Promise<Task>;
  /** After a start: takes up every open task; resolves when each running one was found again or given up. */
  recover(): Promise<void>;
  counts(): { running: number; pending: number };
  /** The tasks of a session that have not ended: running first, then waiting. */
  open(sessionId: string): string[];
  /** Takes no new task up and lets go of running ones without ending them: their workers go on. */
  stop(): void;
}

interface Lane {
  waiting: Task[];
  current: { task: Task; attempt: Attempt | null } | null;
}

export function createDispatcher(deps: AttemptDeps): Dispatcher {
  const { store, logs, clock, log } = deps;
  const lanes = new Map<string, Lane>();
  let isStopped = false;

  function laneOf(sessionId: string): Lane {
    const lane = lanes.get(sessionId) ?? { waiting: [], current: null };
    lanes.set(sessionId, lane);
    return lane;
  }

  function enqueue(task: Task, isAnnounced = false): void {
    const lane = laneOf(task.sessionId);
    const position = lane.waiting.length + (lane.current ? 1 : 0);
    lane.waiting.push(task);
    if (!isAnnounced) void announce(task, position);
    advance(task.sessionId, lane);
  }

  async function announce(task: Task, position: number): Promise<void> {
    try {
      const sessionLog = await logs.hold(task.sessionId);
      const owner = { taskId: task.id, attempt: 0, leaseToken: null };
      await sessionLog.commit(owner, own(queuedEvent(task, position))).finally(() => logs.letGo(task.sessionId));
    } catch (error) {
      log.error({ taskId: task.id, error }, "a task could not be announced");
    }
  }

  function advance(sessionId: string, lane: Lane): void {
    if (isStopped || lane.current) return;
    const task = lane.waiting.shift();
    if (!task) {
      lanes.delete(sessionId);
      return;
    }
    occupy(lane, task, startAttempt(task, deps));
  }

  /** The lane is this attempt's until it is over, however it ends. */
  function occupy(lane: Lane, task: Task, attempt: Attempt): void {
    lane.current = { task, attempt };
    void attempt.over.then((next) => {
      lane.current = null;
      if (isStopped) return;
      if (next === "again") lane.waiting.unshift({ ...task, attempt: attempt.number });
      advance(task.sessionId, lane);
    });
  }

  async function cancelWaiting(task: Task): Promise<void> {
    const sessionLog = await logs.hold(task.sessionId);
    try {
      const event = canceled();
      await sessionLog.commit({ taskId: task.id, attempt: task.attempt, leaseToken: null }, own(event), {
        kind: "end",
        taskId: task.id,
        from: origins("canceled"),
        outcome: event.metadata,
        error: null,
        tokens: { input: 0, output: 0 },
        at: clock.now(),
      });
    } finally {
      logs.letGo(task.sessionId);
    }
  }

  async function recoverTask(task: Task): Promise<void> {
    const lane = laneOf(task.sessionId);
    if (task.status === "running") {
      const attempt = resumeAttempt(task, deps);
      occupy(lane, task, attempt);
      await attempt.caughtUp;
    } else if (task.status === "pending") {
      const sessionLog = await logs.hold(task.sessionId);
      const isAnnounced = sessionLog.hasEvents(task.id);
      logs.letGo(task.sessionId);
      enqueue(task, isAnnounced);
    }
  }

  return {
    expect(sessionId) {
      const held = logs.hold(sessionId);
      held.catch(() => undefined); // Whoever needs the log asks for it again, and tells.
      return () => void held.then(() => logs.letGo(sessionId)).catch(() => undefined);
    },
    enqueue: (task) => enqueue(task),
    async cancel(taskId) {
      const task = await store.tasks.get(taskId);
      if (!task) throw new AnyWorkError("not_found", "There is no such task.");
      if (isTerminal(task.status)) throw new AnyWorkError("task_terminal", `The task is ${task.status} already.`);
      const lane = lanes.get(task.sessionId);
      if (lane?.current?.task.id === taskId) {
        await lane.current.attempt?.cancel();
      } else {
        if (lane) lane.waiting = lane.waiting.filter((waiting) => waiting.id !== taskId);
        await cancelWaiting(task);
      }
      return (await store.tasks.get(taskId)) ?? task;
    },
    async recover() {
      const tasks = await store.tasks.open();
      const running = tasks.filter((task) => task.status === "running");
      const rest = tasks.filter((task) => task.status !== "running");
      await Promise.all(running.map(recoverTask));
      for (const task of rest) await recoverTask(task);
    },
    counts() {
      let running = 0;
      let pending = 0;
      for (const lane of lanes.values()) {
        running += lane.current ? 1 : 0;
        pending += lane.waiting.length;
      }
      return { running, pending };
    },
    open(sessionId) {
      const lane = lanes.get(sessionId);
      return [...(lane?.current ? [lane.current.task] : []), ...(lane?.waiting ?? [])].map((task) => task.id);
    },
    stop() {
      isStopped = true;
      for (const lane of lanes.values()) lane.current?.attempt?.detach();
    },
  };
}
