import { AnyWorkError, encodeFrame, type StoredEvent, type TaskEvent, type WorkerEvent } from "@anywork/protocol";
import { createFakeClock, type FakeClock, settled } from "@anywork/testkit";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createBus } from "./bus.ts";
import type { Append, EventStore } from "./ports.ts";
import { type Owner, openSessionLog, own, type SessionLog } from "./session-log.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });
const outcome = { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 0 } as const;
const done: TaskEvent = { type: "done", content: "", metadata: outcome };
const words = (from: number, count: number): WorkerEvent[] =>
  Array.from({ length: count }, (_, at) => ({ wseq: from + at, event: text(`w${from + at}`) }));

const a: Owner = { taskId: "a", attempt: 1, leaseToken: 1 };
const b: Owner = { taskId: "b", attempt: 1, leaseToken: 1 };
const hub = (taskId: string): Owner => ({ taskId, attempt: 0, leaseToken: null });
const end = (taskId: string): NonNullable<Append["change"]> => {
  const rest = { error: null, tokens: { input: 0, output: 0 }, at: "2026-01-01T00:00:00.000Z" };
  return { kind: "end", taskId, from: ["running"], outcome, ...rest };
};

/** A store whose writes wait until the test lets them through, or fail as it says. */
function createSlowStore() {
  const asked: Append[] = [];
  const stored: StoredEvent[] = [];
  const failures: AnyWorkError[] = [];
  const ended = new Set<string>();
  let isOpen = true;
  let waiting: (() => void)[] = [];
  const events: EventStore = {
    async append(append) {
      asked.push(append);
      if (!isOpen) await new Promise<void>((wake) => waiting.push(wake));
      const failure = failures.shift();
      if (failure) throw failure;
      if (ended.has(append.change?.taskId ?? "")) throw new AnyWorkError("task_terminal", "ended already");
      stored.push(...append.events);
    },
    readSession: async () => [],
    readTask: async () => [],
    heads: async () => ({ pos: 0, tasks: {} }),
  };
  return {
    events,
    asked,
    stored,
    /** Tasks that have ended by somebody else's hand. */
    ended,
    failNext: (...errors: AnyWorkError[]) => void failures.push(...errors),
    shut() {
      isOpen = false;
    },
    open() {
      isOpen = true;
      for (const wake of waiting) wake();
      waiting = [];
    },
  };
}

let clock: FakeClock;
let store: ReturnType<typeof createSlowStore>;
let published: StoredEvent[];
let frames: string[];
let health: (string | null)[];
let sessionLog: SessionLog;

beforeEach(async () => {
  clock = createFakeClock();
  store = createSlowStore();
  published = [];
  frames = [];
  health = [];
  const bus = createBus();
  bus.subscribe("s", (events) => {
    published.push(...events.map(({ stored }) => stored));
    frames.push(...events.map(({ frame }) => frame));
  });
  const onStoreHealth = (error: AnyWorkError | null) => void health.push(error?.code ?? null);
  sessionLog = await openSessionLog("s", { store, bus, clock, log, onStoreHealth });
});

const contents = (events: StoredEvent[]) => events.map(({ event }) => event.content);

describe("what a worker said", () => {
  test("is numbered per task and per session, sent at once and stored within 10 ms, in one write", async () => {
    await sessionLog.trail(a, words(1, 2));
    await sessionLog.trail(b, words(1, 1));
    await sessionLog.trail(a, words(3, 1));
    expect(published.map(({ taskId, seq, pos, wseq }) => [taskId, seq, pos, wseq])).toEqual([
      ["a", 1, 1, 1],
      ["a", 2, 2, 2],
      ["b", 1, 3, 1],
      ["a", 3, 4, 3],
    ]);
    expect(frames).toEqual(published.map(encodeFrame));
    expect(store.asked).toEqual([]);
    await clock.advance(10);
    expect(store.asked).toHaveLength(1);
    expect(store.stored).toEqual(published);
  });

  test("twice is taken in once, also when a repeat overlaps what is new", async () => {
    await sessionLog.trail(a, words(1, 3));
    await sessionLog.trail(a, words(1, 3));
    await sessionLog.trail(a, words(2, 4));
    expect(contents(published)).toEqual(["w1", "w2", "w3", "w4", "w5"]);
    expect(sessionLog.wseq(a)).toBe(5);
  });

  test("in its next attempt counts from 1 again and is not taken for a repeat", async () => {
    await sessionLog.trail(a, words(1, 3));
    const second = { ...a, attempt: 2 };
    expect(sessionLog.wseq(second)).toBe(0);
    await sessionLog.trail(second, words(1, 2));
    expect(published.map(({ attempt, seq, wseq }) => [attempt, seq, wseq])).toEqual([
      [1, 1, 1],
      [1, 2, 2],
      [1, 3, 3],
      [2, 4, 1],
      [2, 5, 2],
    ]);
  });

  test("after its end is not taken in, and a second end is refused", async () => {
    await sessionLog.commit(a, [{ wseq: 1, event: done }], end("a"));
    await sessionLog.trail(a, words(2, 2));
    await expect(sessionLog.commit(a, own(done), end("a"))).rejects.toMatchObject({ code: "task_terminal" });
    await clock.advance(100);
    expect(published.map(({ event }) => event.type)).toEqual(["done"]);
    expect(store.stored).toHaveLength(1);
  });
});

describe("what must be stored before it is seen", () => {
  test("waits for its write, which holds everything before it and the change of its task", async () => {
    store.shut();
    await sessionLog.trail(a, words(1, 2));
    let isOver = false;
    const commit = sessionLog.commit(a, [{ wseq: 3, event: done }], end("a")).then(() => {
      isOver = true;
    });
    await settled();
    expect(contents(published)).toEqual(["w1", "w2"]);
    expect(isOver).toBe(false);
    expect(store.asked).toHaveLength(1);
    expect(store.asked[0]).toMatchObject({ leaseToken: 1, change: { kind: "end", taskId: "a" } });
    expect(store.asked[0]?.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    store.open();
    await commit;
    expect(published.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("is passed by nothing that comes after it", async () => {
    store.shut();
    const commit = sessionLog.commit(hub("b"), own(text("queued")));
    await sessionLog.trail(a, words(1, 2));
    await clock.advance(100);
    expect(published).toEqual([]);
    store.open();
    await commit;
    await clock.advance(100);
    expect(published.map(({ pos }) => pos)).toEqual([1, 2, 3]);
    expect(contents(published)).toEqual(["queued", "w1", "w2"]);
  });

  test("is not held up by the 10 ms of what was trailed", async () => {
    await sessionLog.trail(a, words(1, 1));
    await sessionLog.commit(a, own(text("own")));
    expect(clock.monotonicMs()).toBe(0);
    expect(contents(store.stored)).toEqual(["w1", "own"]);
  });
});

describe("a store that refuses", () => {
  const full = () => new AnyWorkError("disk_full", "full");

  test("because the disk is full is asked again until it takes all, in order, and health is told both", async () => {
    store.failNext(full(), full(), full());
    const commit = sessionLog.commit(a, [...words(1, 2), { wseq: 3, event: done }], end("a"));
    await sessionLog.trail(b, words(1, 1));
    await settled();
    expect(published).toEqual([]);
    await clock.advance(5_000);
    await commit;
    await clock.advance(100);
    expect(store.stored.map(({ pos }) => pos)).toEqual([1, 2, 3, 4]);
    expect(published).toEqual(store.stored);
    expect(health).toEqual(["disk_full", "disk_full", "disk_full", null]);
  });

  test("because another owner has the session gets nothing more from this one", async () => {
    store.failNext(new AnyWorkError("stale_lease", "taken"));
    await sessionLog.trail(a, words(1, 1));
    const commit = sessionLog.commit(a, [{ wseq: 2, event: done }], end("a"));
    await expect(commit).rejects.toMatchObject({ code: "stale_lease" });
    await sessionLog.trail(a, words(3, 1));
    await expect(sessionLog.commit(a, own(done), end("a"))).rejects.toMatchObject({ code: "task_terminal" });
    await clock.advance(100);
    expect(store.stored).toEqual([]);
    expect(published.some(({ event }) => event.type === "done")).toBe(false);
  });

  test("an end that comes too late refuses that task alone: its neighbour's events are stored and it goes on", async () => {
    store.ended.add("a");
    store.shut();
    const queued = sessionLog.commit(hub("b"), own(text("queued")));
    // Both wait for the same write, because the first one is under way.
    const before = sessionLog.commit(hub("b"), own(text("before")));
    const late = sessionLog.commit(hub("a"), own(done), end("a"));
    const running = sessionLog.commit(b, own(text("running")));
    store.open();
    await expect(late).rejects.toMatchObject({ code: "task_terminal" });
    await Promise.all([queued, before]);
    await running;
    await sessionLog.trail(b, words(1, 1));
    await clock.advance(100);
    expect(contents(store.stored)).toEqual(["queued", "before", "running", "w1"]);
    expect(store.stored.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(published).toEqual(store.stored);
  });
});

test("a worker that is faster than the store is held back, and let on when there is room", async () => {
  store.shut();
  let taken = 0;
  const feeding = (async () => {
    for (let from = 1; from <= 20_000; from += 1_000) {
      await sessionLog.trail(a, words(from, 1_000));
      taken = from + 999;
    }
  })();
  await clock.advance(1_000);
  expect(taken).toBeLessThanOrEqual(6_000);
  store.open();
  for (let turn = 0; turn < 100 && taken < 20_000; turn += 1) await clock.advance(10);
  await feeding;
  await sessionLog.flush();
  expect(store.stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 20_000 }, (_, at) => at + 1));
});

test("a flush ends when all that was sent is stored", async () => {
  await sessionLog.trail(a, words(1, 3));
  await sessionLog.flush();
  expect(store.stored).toHaveLength(3);
  await sessionLog.flush();
  expect(store.asked).toHaveLength(1);
});

test("whatever comes in whatever order, nothing is lost, doubled, reordered, or seen before it may be", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("trail" as const), task: fc.nat(2), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant("commit" as const), task: fc.nat(2) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(12) }),
    fc.record({ kind: fc.constant("shut" as const) }),
    fc.record({ kind: fc.constant("open" as const) }),
    fc.record({ kind: fc.constant("fail" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const time = createFakeClock();
      const slow = createSlowStore();
      const bus = createBus();
      const seen: StoredEvent[] = [];
      const tooEarly: StoredEvent[] = [];
      bus.subscribe("s", (events) => {
        for (const { stored } of events) {
          if (stored.wseq === 0 && !slow.stored.includes(stored)) tooEarly.push(stored);
          seen.push(stored);
        }
      });
      const subject = await openSessionLog("s", { store: slow, bus, clock: time, log });
      const next = [1, 1, 1];
      const pending: Promise<void>[] = [];
      let count = 0;
      for (const one of steps) {
        if (one.kind === "trail") {
          pending.push(subject.trail({ ...a, taskId: `t${one.task}` }, words(next[one.task] ?? 1, one.count)));
          next[one.task] = (next[one.task] ?? 1) + one.count;
          count += one.count;
        } else if (one.kind === "commit") {
          pending.push(subject.commit({ ...a, taskId: `t${one.task}` }, own(text("own"))));
          count += 1;
        } else if (one.kind === "wait") await time.advance(one.ms);
        else if (one.kind === "shut") slow.shut();
        else if (one.kind === "open") slow.open();
        else slow.failNext(new AnyWorkError("disk_full", "full"));
      }
      slow.open();
      await time.advance(200_000);
      await Promise.all(pending);
      expect(tooEarly).toEqual([]);
      expect(seen.map(({ pos }) => pos)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
      expect(slow.stored).toEqual(seen);
      for (const task of ["t0", "t1", "t2"]) {
        const seqs = seen.filter(({ taskId }) => taskId === task).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, at) => at + 1));
      }
    }),
    { numRuns: 60 },
  );
});
