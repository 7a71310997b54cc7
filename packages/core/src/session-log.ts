// The one place where events get their numbers. In: worker events (trail) and the hub's own (commit). Out: rows to the
// store, frames to the bus. A trailed event may be seen up to 10 ms before it is stored, because the worker's journal
// gives it again with the same numbers; a committed one is stored, with everything before it, before anybody sees it.
import { AnyWorkError, encodeFrame, type StoredEvent, type TaskEvent, type WorkerEvent } from "@anywork/protocol";
import type { Bus, Published } from "./bus.ts";
import type { Append, Clock, Log, Store } from "./ports.ts";

export const trailMs = 8;
const maxWaiting = 5_000;
const retryMs = [50, 200, 1_000, 2_000];

export interface Owner {
  taskId: string;
  attempt: number;
  /** Null for the hub's own writes. */
  leaseToken: number | null;
}

export interface SessionLog {
  /** Worker events: sent at once, stored within 10 ms. Resolves when there is room for more. */
  trail(owner: Owner, events: WorkerEvent[]): Promise<void>;
  /**
   * Events that must be stored before they are sent, with a change of their task in the same transaction.
   * Throws task_terminal when the task has ended, stale_lease when another owner has taken the session.
   */
  commit(owner: Owner, events: WorkerEvent[], change?: Append["change"]): Promise<void>;
  /** Resolves when all that was sent so far is stored. */
  flush(): Promise<void>;
  /** The last wseq taken in of an attempt. */
  wseq(attempt: Pick<Owner, "taskId" | "attempt">): number;
  /** Whether the task has events at all. */
  hasEvents(taskId: string): boolean;
}

interface Item {
  append: Append;
  published: boolean;
  frames: Published[];
  settle: { resolve: () => void; reject: (error: unknown) => void } | null;
}
interface TaskHead {
  seq: number;
  /** The attempt that wseq counts: each one's journal begins anew. */
  attempt: number;
  wseq: number;
  ended: boolean;
}

export interface SessionLogDeps {
  store: Pick<Store, "events">;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** Calls back once within trailMs; the result cancels it. Default: the clock's own timer. */
  tick?: (callback: () => void) => () => void;
  /** Told when the store begins to refuse (with the error) and when it takes writes again (null). */
  onStoreHealth?: (error: AnyWorkError | null) => void;
}

/** The hub's own events have no number of a worker. */
export const own = (...events: TaskEvent[]): WorkerEvent[] => events.map((event) => ({ wseq: 0, event }));

export async function openSessionLog(sessionId: string, deps: SessionLogDeps): Promise<SessionLog> {
  const { store, bus, clock, log } = deps;
  const tick = deps.tick ?? ((callback) => clock.after(trailMs, callback));
  const heads = await store.events.heads(sessionId);
  let pos = heads.pos;
  const tasks = new Map<string, TaskHead>();
  for (const [id, head] of Object.entries(heads.tasks)) tasks.set(id, { ...head, ended: false });

  let queue: Item[] = [];
  let waiting = 0;
  /** Items, waiting or being written, whose frames nobody has seen yet: what comes behind them must wait too. */
  let held = 0;
  let isWriting = false;
  let timer: (() => void) | null = null;
  let idle: (() => void)[] = [];

  function headOf(taskId: string): TaskHead {
    const head = tasks.get(taskId) ?? { seq: 0, attempt: 0, wseq: 0, ended: false };
    tasks.set(taskId, head);
    return head;
  }

  function number(owner: Owner, head: TaskHead, events: WorkerEvent[]): StoredEvent[] {
    const timestamp = clock.now();
    const stored: StoredEvent[] = [];
    if (owner.attempt > head.attempt) Object.assign(head, { attempt: owner.attempt, wseq: 0 });
    for (const { wseq, event } of events) {
      // A re-attached journal may repeat what was taken in already.
      if (wseq > 0 && wseq <= head.wseq) continue;
      if (wseq > 0) head.wseq = wseq;
      head.seq += 1;
      pos += 1;
      const { taskId, attempt } = owner;
      stored.push({ sessionId, taskId, attempt, seq: head.seq, pos, wseq, timestamp, event });
    }
    return stored;
  }

  function enqueue(owner: Owner, events: StoredEvent[], change: Append["change"], settle: Item["settle"]): void {
    const frames = events.map((stored) => ({ stored, frame: encodeFrame(stored) }));
    const mayBeSent = settle === null && held === 0;
    if (!mayBeSent) held += 1;
    if (mayBeSent && frames.length > 0) bus.publish(sessionId, frames);
    const append = { sessionId, events, leaseToken: owner.leaseToken, change };
    queue.push({ append, published: mayBeSent, frames: mayBeSent ? [] : frames, settle });
    waiting += events.length;
  }

  function schedule(isUrgent: boolean): void {
    if (isWriting) return;
    if (isUrgent) {
      timer?.();
      timer = null;
      void write();
    } else {
      timer ??= tick(() => {
        timer = null;
        void write();
      });
    }
  }

  async function write(): Promise<void> {
    if (isWriting || queue.length === 0) return;
    isWriting = true;
    const items = takeTransaction(queue);
    queue = queue.slice(items.length);
    try {
      await appendWithRetry(merge(items));
      waiting -= items.reduce((sum, item) => sum + item.append.events.length, 0);
      for (const item of items) finish(item);
    } catch (error) {
      if (isRefusedChange(error)) dropLate(items, error);
      else reject(items, error);
    }
    isWriting = false;
    if (queue.length > 0) schedule(queue.some((item) => item.settle !== null) || waiting > maxWaiting);
    if (waiting < maxWaiting || queue.length === 0) wakeIdle();
  }

  function finish(item: Item): void {
    if (!item.published) {
      held -= 1;
      if (item.frames.length > 0) bus.publish(sessionId, item.frames);
    }
    item.settle?.resolve();
  }

  /** The task whose change stands last has ended already, or has not come so far: only what belongs to it is refused. */
  function dropLate(items: Item[], error: AnyWorkError): void {
    const taskId = items.at(-1)?.append.change?.taskId ?? "";
    const isLate = ({ append }: Item) => (append.change?.taskId ?? append.events[0]?.taskId) === taskId;
    const all = [...items, ...queue];
    queue = all.filter((item) => !isLate(item));
    waiting = queue.reduce((sum, item) => sum + item.append.events.length, 0);
    held = queue.filter((item) => !item.published).length;
    const late = all.filter(isLate);
    const head = headOf(taskId);
    head.ended = error.code === "task_terminal";
    // A task that goes on must not miss a number.
    if (!head.ended)
      head.seq = (late.find(({ append }) => append.events[0])?.append.events[0]?.seq ?? head.seq + 1) - 1;
    for (const item of late) item.settle?.reject(error);
  }

  /** The store refused for good: another owner has the session. Nothing that waits behind can be written either. */
  function reject(items: Item[], error: unknown): void {
    const all = [...items, ...queue];
    queue = [];
    waiting = 0;
    held = 0;
    for (const item of all) {
      const head = tasks.get(item.append.events[0]?.taskId ?? "");
      if (head) head.ended = true;
      item.settle?.reject(error);
    }
    log.error({ sessionId, error }, "events of a session were refused");
  }

  async function appendWithRetry(append: Append): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await store.events.append(append);
        if (tries > 0) deps.onStoreHealth?.(null);
        return;
      } catch (error) {
        const refused =
          error instanceof AnyWorkError && ["stale_lease", "task_terminal", "conflict"].includes(error.code);
        if (refused) throw error;
        deps.onStoreHealth?.(
          error instanceof AnyWorkError ? error : new AnyWorkError("store_unavailable", String(error)),
        );
        await new Promise<void>((wake) => clock.after(retryMs[Math.min(tries, retryMs.length - 1)] ?? 2_000, wake));
      }
    }
  }

  function wakeIdle(): void {
    const woken = idle;
    idle = [];
    for (const wake of woken) wake();
  }

  return {
    async trail(owner, events) {
      const head = headOf(owner.taskId);
      if (head.ended) return;
      const stored = number(owner, head, events);
      if (stored.length === 0) return;
      enqueue(owner, stored, undefined, null);
      schedule(waiting > maxWaiting);
      while (waiting > maxWaiting) await new Promise<void>((wake) => idle.push(wake));
    },
    commit(owner, events, change) {
      const head = headOf(owner.taskId);
      if (head.ended) return Promise.reject(new AnyWorkError("task_terminal", "The task has ended."));
      const stored = number(owner, head, events);
      if (change?.kind === "end") head.ended = true;
      return new Promise<void>((resolve, reject) => {
        enqueue(owner, stored, change, { resolve, reject });
        schedule(true);
      });
    },
    async flush() {
      if (queue.length === 0 && !isWriting) return;
      await new Promise<void>((resolve, reject) => {
        const append = { sessionId, events: [], leaseToken: null, change: undefined };
        queue.push({ append, published: true, frames: [], settle: { resolve, reject } });
        schedule(true);
      });
    },
    wseq({ taskId, attempt }) {
      const head = tasks.get(taskId);
      return head?.attempt === attempt ? head.wseq : 0;
    },
    hasEvents: (taskId) => (tasks.get(taskId)?.seq ?? 0) > 0,
  };
}

function isRefusedChange(error: unknown): error is AnyWorkError {
  return error instanceof AnyWorkError && (error.code === "task_terminal" || error.code === "conflict");
}

/** The items that go into one transaction: one owner's, up to and with the first change of a task. */
function takeTransaction(queue: Item[]): Item[] {
  const first = queue[0];
  if (!first) return [];
  const items: Item[] = [];
  let leaseToken: number | null = null;
  for (const item of queue) {
    const token = item.append.leaseToken;
    if (token !== null && leaseToken !== null && token !== leaseToken) break;
    leaseToken = token ?? leaseToken;
    items.push(item);
    if (item.append.change) break;
  }
  return items;
}

function merge(items: Item[]): Append {
  const tokens = items.map((item) => item.append.leaseToken).filter((token) => token !== null);
  return {
    sessionId: items[0]?.append.sessionId ?? "",
    events: items.flatMap((item) => item.append.events),
    leaseToken: tokens[0] ?? null,
    change: items.at(-1)?.append.change,
  };
}
