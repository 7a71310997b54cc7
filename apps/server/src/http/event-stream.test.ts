import { setImmediate as tick } from "node:timers/promises";
import { createBus, createSessionLogs, createStreams } from "@anywork/core";
import { encodeFrame, type StoredEvent, type TaskEvent } from "@anywork/protocol";
import { createSqliteStore } from "@anywork/stores";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock as clock } from "../clock.ts";
import { taskEventStream } from "./event-stream.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const outcome = { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 0 } as const;
const done: TaskEvent = { type: "done", content: "", metadata: outcome };

let store: Awaited<ReturnType<typeof createSqliteStore>>;
beforeEach(async () => {
  store = await createSqliteStore({ path: ":memory:" });
});
afterEach(() => store.close());

async function makeTask() {
  const dedupe = null;
  const names = { channel: "api", agent: "echo", skills: [], mcpServers: [], retryOf: null, title: "t", dedupe };
  const accepted = await store.tasks.accept({
    ...names,
    id: "t1",
    sessionId: "s1",
    message: "m",
    createdAt: clock.now(),
    maxWaiting: 10,
  });
  return accepted.task;
}

const stored = (seq: number, event: TaskEvent): StoredEvent => ({
  sessionId: "s1",
  taskId: "t1",
  attempt: 1,
  seq,
  pos: seq,
  wseq: seq,
  timestamp: clock.now(),
  event,
});

test("a reader that is slower than the store gets a long answer whole", async () => {
  const task = await makeTask();
  const content = "x".repeat(400);
  const count = 20_000;
  const events = Array.from({ length: count }, (_, at) => stored(at + 1, { type: "text", content, metadata: {} }));
  const all = [...events, stored(count + 1, done)];
  for (let from = 0; from < all.length; from += 50) {
    await store.events.append({ sessionId: "s1", events: all.slice(from, from + 50), leaseToken: null });
  }
  const bus = createBus();
  const streams = createStreams({ store, logs: createSessionLogs({ store, bus, clock, log }), bus });

  const ended = { ...task, status: "completed" as const };
  const response = await taskEventStream(ended, undefined, { streams, store });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    // The store could have answered many times before the next read.
    for (let n = 0; n < 20; n += 1) {
      await store.events.heads("s1");
      await tick();
    }
    const { value, done: isOver } = await reader.read();
    if (isOver) break;
    text += decoder.decode(value, { stream: true });
  }
  const expected = all.map((event) => `id: c${event.pos}\nevent: ${event.event.type}\ndata: ${encodeFrame(event)}\n\n`);
  expect(text === expected.join("")).toBe(true);
});
