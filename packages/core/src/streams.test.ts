// Readers that come whenever they like, of a session that is being written: each gets precisely the rest.
import { AnyWorkError, encodeFrame, type StoredEvent, type TaskEvent } from "@anywork/protocol";
import { createFakeClock } from "@anywork/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBus, type Published } from "./bus.ts";
import type { Store } from "./ports.ts";
import { own } from "./session-log.ts";
import { createSessionLogs } from "./session-logs.ts";
import { createStreams } from "./streams.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });

/** Events in memory; each answer comes when the scheduler lets it, and rows are read a few at a time. */
function createRacingStore(scheduler: fc.Scheduler<unknown>) {
  const stored: StoredEvent[] = [];
  const later = async <T>(name: string, run: () => T): Promise<T> => {
    await scheduler.schedule(Promise.resolve(), name);
    const result = run();
    await scheduler.schedule(Promise.resolve(), `${name} answered`);
    return result;
  };
  const events: Store["events"] = {
    append: (append) => later("append", () => void stored.push(...append.events)),
    readSession: ({ after }) => later("read", () => stored.filter(({ pos }) => pos > after).slice(0, 3)),
    readTask: ({ taskId, limit }) =>
      later("read task", () => stored.filter((s) => s.taskId === taskId).slice(0, limit)),
    heads: () => later("heads", () => ({ pos: stored.at(-1)?.pos ?? 0, tasks: {} })),
  };
  const missing = () => Promise.reject(new AnyWorkError("internal", "not asked for here"));
  const tasks: Store["tasks"] = {
    accept: missing,
    get: missing,
    list: async () => [],
    open: missing,
    claim: missing,
    takeOver: missing,
  };
  return { stored, events, tasks };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("trail" as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tick" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const), behind: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const) }) },
);

test("a reader who joins at any moment with any cursor has no gap and no repeat, frame for frame", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 3, maxLength: 25 }), async (scheduler, steps) => {
      const clock = createFakeClock();
      const bus = createBus();
      const racing = createRacingStore(scheduler);
      const store = racing as unknown as Store;
      const logs = createSessionLogs({ store, bus, clock, log });
      const streams = createStreams({ store, logs, bus });
      const published: Published[] = [];
      bus.subscribe("s", (events) => void published.push(...events));
      const holding = logs.hold("s");
      await scheduler.waitFor(holding);
      const sessionLog = await holding;
      const owner = { taskId: "t", attempt: 1, leaseToken: 1 };
      const readers: { after: number; got: string[]; leave: AbortController; ready: Promise<void> }[] = [];
      const pending: Promise<unknown>[] = [];
      let wseq = 0;
      for (const one of steps) {
        if (one.kind === "trail") {
          const events = Array.from({ length: one.count }, () => ({ wseq: ++wseq, event: text(`w${wseq}`) }));
          pending.push(sessionLog.trail(owner, events));
        } else if (one.kind === "commit") pending.push(sessionLog.commit(owner, own(text("own"))));
        else if (one.kind === "tick") await clock.advance(10);
        else if (one.kind === "leave") readers.find(({ leave }) => !leave.signal.aborted)?.leave.abort();
        else {
          const after = Math.max(0, (published.at(-1)?.stored.pos ?? 0) - one.behind);
          const got: string[] = [];
          const leave = new AbortController();
          const onEvents = (events: readonly Published[]) => void got.push(...events.map(({ frame }) => frame));
          const onReset = () => void got.push("reset");
          const ready = streams.subscribe({ sessionId: "s", after, onEvents, onReset, signal: leave.signal });
          readers.push({ after, got, leave, ready });
        }
        if (scheduler.count() > 0) await scheduler.waitOne();
      }
      for (let turn = 0; turn < 5; turn += 1) {
        await clock.advance(20);
        await scheduler.waitIdle();
      }
      await Promise.all([...pending, ...readers.map(({ ready }) => ready)]);
      expect(racing.stored).toEqual(published.map(({ stored }) => stored));
      for (const { after, got, leave } of readers) {
        const rest = racing.stored.filter(({ pos }) => pos > after).map(encodeFrame);
        // One who left has the beginning of the rest; one who stayed all of it.
        expect(got).toEqual(leave.signal.aborted ? rest.slice(0, got.length) : rest);
      }
    }),
    { numRuns: 100 },
  );
});
