// Lanes, attempts and their ends, with a real store and a worker whose every word is the test's.
import { AnyWorkError, type Task, type TaskEvent } from "@anywork/protocol";
import { createSqliteStore } from "@anywork/stores";
import { createFakeClock, createFakeDriver, type FakeAttempt, type FakeClock, type FakeDriver } from "@anywork/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AttemptDeps } from "./attempt.ts";
import { createBus } from "./bus.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import type { Store } from "./ports.ts";
import { createSessionLogs } from "./session-logs.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });
const outcome = {
  status: "completed",
  retryable: false,
  result: "r",
  cost_usd: 0,
  num_turns: 1,
  duration_ms: 0,
} as const;
const done: TaskEvent = { type: "done", content: "", metadata: outcome };
const approval: TaskEvent = {
  type: "approval_request",
  content: "may I",
  metadata: { approval_id: "p1", tool: "bash", args: {} },
};
const parked: TaskEvent = { type: "parked", content: "", metadata: { approvals: ["p1"] } };

let store: Store;
beforeAll(async () => {
  store = await createSqliteStore({ path: ":memory:" });
});
afterAll(() => store.close());

let n = 0;
let clock: FakeClock;
let driver: FakeDriver;
let deps: AttemptDeps;
let dispatcher: Dispatcher;
/** Writes to the store and frames to readers, in the order in which they were over. */
let order: string[];
let openTokens: Set<string>;
let sessionId: string;

function hubOf(worker: FakeDriver): Dispatcher {
  const bus = createBus();
  const recording: Store = {
    ...store,
    events: {
      ...store.events,
      async append(append) {
        await store.events.append(append);
        order.push(...append.events.map(({ event }) => `stored ${event.type}`));
      },
    },
  };
  for (const id of [sessionId, `${sessionId}-b`]) {
    bus.subscribe(id, (events) => order.push(...events.map(({ stored }) => `sent ${stored.event.type}`)));
  }
  const logs = createSessionLogs({ store: recording, bus, clock, log });
  const limits = { max_steps: 1, idle_timeout_ms: 1_000, total_timeout_ms: 1_000 };
  deps = {
    store: recording,
    logs,
    driver: worker,
    clock,
    log,
    resolveAgent: async (task) => {
      if (task.agent === "keyless")
        throw new AnyWorkError("provider_missing", "No provider.", { hint: "Paste a key." });
      return { name: "default", engine: "echo", model: "m", soul: "", instructions: "", limits };
    },
    gateway: {
      async open(task) {
        openTokens.add(task.id);
        return null;
      },
      async close(task) {
        openTokens.delete(task.id);
      },
    },
  };
  return createDispatcher(deps);
}

beforeEach(() => {
  n += 1;
  sessionId = `s${n}`;
  order = [];
  openTokens = new Set();
  clock = createFakeClock();
  driver = createFakeDriver();
  dispatcher = hubOf(driver);
});

let lastId = 0;
async function accept(message: string, given: { agent?: string; session?: string } = {}): Promise<Task> {
  lastId += 1;
  const id = `task-${String(lastId).padStart(6, "0")}`;
  const names = {
    channel: "api",
    agent: given.agent ?? "default",
    skills: [],
    mcpServers: [],
    retryOf: null,
    title: "t",
  };
  const at = clock.now();
  const accepted = await store.tasks.accept({
    ...names,
    id,
    sessionId: given.session ?? sessionId,
    message,
    dedupe: null,
    createdAt: at,
    maxWaiting: 1_000,
  });
  return accepted.task;
}

async function ask(message: string, given: { agent?: string; session?: string } = {}): Promise<Task> {
  const task = await accept(message, given);
  dispatcher.enqueue(task);
  return task;
}

/** Lets the clock's time pass, a little at a time, while the store's thread works in real time. */
async function until<T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = performance.now() + 10_000;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > end) throw new Error(`in vain: ${condition}; asked: ${driver.asked.join(", ")}`);
    await clock.advance(10);
  }
}
async function recovered(hub: Dispatcher): Promise<void> {
  let isOver = false;
  const recovering = hub.recover().then(() => {
    isOver = true;
  });
  await until(() => isOver);
  await recovering;
}
const attempt = (message: string): Promise<FakeAttempt> => until(() => driver.attemptOf(message));
const statusOf = async (task: Task) => (await store.tasks.get(task.id))?.status;
const ended = (task: Task) =>
  until(async () => ((await store.tasks.get(task.id))?.finishedAt ? store.tasks.get(task.id) : null));
const eventsOf = async (task: Task) =>
  (await store.events.readTask({ taskId: task.id, after: 0, limit: 1_000 })).map(({ event }) => event);
const typesOf = async (task: Task) => (await eventsOf(task)).map(({ type }) => type);

describe("a lane", () => {
  test("runs one task after the other, in the order of their acceptance", async () => {
    const [first, second] = [await ask("one"), await ask("two")];
    (await attempt("one")).say(text("hi"));
    expect(await statusOf(second)).toBe("pending");
    expect(dispatcher.counts()).toEqual({ running: 1, pending: 1 });
    expect(dispatcher.open(sessionId)).toEqual([first.id, second.id]);
    expect(driver.attemptOf("two")).toBeUndefined();
    (await attempt("one")).say(done);
    (await attempt("two")).say(done);
    expect((await ended(second)).status).toBe("completed");
    expect((await eventsOf(second))[0]?.metadata).toMatchObject({ kind: "queued", position: 1, message: "two" });
    await until(() => dispatcher.counts().running === 0);
    expect(openTokens.size).toBe(0);
  });

  test("does not wait for that of another session", async () => {
    await ask("one");
    const other = await ask("other", { session: `${sessionId}-b` });
    await attempt("one");
    (await attempt("other")).say(done);
    expect((await ended(other)).status).toBe("completed");
  });

  test("is free while a task waits for an approval", async () => {
    const [asking, next] = [await ask("asks"), await ask("next")];
    (await attempt("asks")).say(approval, parked);
    (await attempt("next")).say(done);
    await ended(next);
    expect(await statusOf(asking)).toBe("input_required");
    expect(await typesOf(asking)).toEqual(["status", "status", "approval_request", "parked"]);
  });

  test("goes on after a task that could not even begin", async () => {
    const [keyless, next] = [await ask("no key", { agent: "keyless" }), await ask("next")];
    expect(await ended(keyless)).toMatchObject({
      status: "failed",
      retryable: true,
      error: { code: "provider_missing", message: "No provider.", hint: "Paste a key." },
    });
    expect(await typesOf(keyless)).toEqual(["status", "error", "done"]);
    (await attempt("next")).say(done);
    await ended(next);
    expect(driver.asked).not.toContain("chat no key");
  });
});

describe("what readers see", () => {
  test.each([
    ["done", [text("a"), done]],
    ["approval_request", [text("a"), approval]],
    ["parked", [approval, parked]],
  ] as const)("%s is stored, with everything before it, before it is sent", async (type, events) => {
    await ask("x");
    (await attempt("x")).say(...events);
    await until(() => order.includes(`sent ${type}`));
    expect(order.indexOf(`stored ${type}`)).toBeGreaterThan(-1);
    expect(order.indexOf(`stored ${type}`)).toBeLessThan(order.indexOf(`sent ${type}`));
    const stored = order.filter((one) => one.startsWith("stored")).map((one) => one.slice(7));
    const sent = order.filter((one) => one.startsWith("sent")).map((one) => one.slice(5));
    expect(sent).toEqual(stored);
  });

  test("words are sent before they are stored", async () => {
    await ask("x");
    const worker = await attempt("x");
    // Words wait for the hub's own events before them.
    await until(() => order.filter((one) => one === "sent status").length === 2);
    worker.say(text("a"));
    await until(() => order.includes("stored text"));
    expect(order.indexOf("sent text")).toBeLessThan(order.indexOf("stored text"));
  });
});

describe("a stream that breaks", () => {
  test("is taken up again at the last number while the worker lives, without gap or repeat", async () => {
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("a"), text("b"));
    await until(() => order.filter((one) => one === "sent text").length === 2);
    worker.cut();
    worker.say(text("c"), done);
    expect((await ended(task)).status).toBe("completed");
    expect(driver.asked).toContain("attach x 2");
    expect((await eventsOf(task)).map(({ content }) => content).join("|")).toContain("a|b|c");
    expect(await typesOf(task)).toEqual(["status", "status", "text", "text", "text", "done"]);
  });

  test("because the worker died fails the task as lost, to be run again, and the lane goes on", async () => {
    const [task, next] = [await ask("x"), await ask("next")];
    const worker = await attempt("x");
    worker.say(text("a"));
    await until(() => order.includes("sent text"));
    driver.isAlive = false;
    worker.cut();
    const lost = { status: "failed", reason: "lost", retryable: true, error: { code: "worker_lost" } };
    expect(await ended(task)).toMatchObject(lost);
    expect(await typesOf(task)).toEqual(["status", "status", "text", "error", "done"]);
    expect(driver.asked).toContain("cancel x");
    driver.isAlive = true;
    (await attempt("next")).say(done);
    expect((await ended(next)).status).toBe("completed");
  });

  test("that ends without a last event is never success", async () => {
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("almost"));
    worker.end();
    expect(await ended(task)).toMatchObject({ status: "failed", reason: "lost", result: null });
  });
});

test("a worker that refuses an attempt, for whatever reason, never leaves its task running", async () => {
  for (const code of ["stale_lease", "conflict", "task_terminal"] as const) {
    driver.refusal = new AnyWorkError(code, "no");
    const task = await ask(`refused ${code}`);
    expect((await ended(task)).status).toBe("failed");
  }
  driver.refusal = null;
  const next = await ask("next");
  (await attempt("next")).say(done);
  expect((await ended(next)).status).toBe("completed");
});

test("a worker that ends before it is asked costs nothing: the task begins in the next one", async () => {
  driver.unready = new AnyWorkError("worker_lost", "the connection broke");
  const task = await ask("x");
  (await attempt("x")).say(done);
  expect(await ended(task)).toMatchObject({ status: "completed", attempt: 2 });
});

describe("a store that fails for a moment", () => {
  const full = new AnyWorkError("disk_full", "The disk is full.");

  test("delays a task whose numbers it could not tell, and nothing crashes", async () => {
    const { heads } = deps.store.events;
    let failures = 3;
    deps.store.events.heads = (id) => (failures-- > 0 ? Promise.reject(full) : heads(id));
    const task = await ask("x");
    (await attempt("x")).say(done);
    expect((await ended(task)).status).toBe("completed");
  });

  test("while a task is claimed fails that task with the reason, without a gap in its numbers", async () => {
    Object.assign(deps.store, { tasks: { ...store.tasks, claim: () => Promise.reject(full) } });
    const task = await ask("x");
    expect(await ended(task)).toMatchObject({ status: "failed", error: { code: "disk_full" } });
    const events = await store.events.readTask({ taskId: task.id, after: 0, limit: 10 });
    expect(events.map(({ seq, event }) => [seq, event.type])).toEqual([
      [1, "status"],
      [2, "error"],
      [3, "done"],
    ]);
    Object.assign(deps.store, { tasks: store.tasks });
    const next = await ask("next");
    (await attempt("next")).say(done);
    expect((await ended(next)).status).toBe("completed");
  });

  test("keeps no cancel from the worker", async () => {
    const task = await ask("x");
    (await attempt("x")).say(text("a"));
    await until(() => order.includes("stored text"));
    const { append } = deps.store.events;
    deps.store.events.append = () => Promise.reject(full);
    const canceling = dispatcher.cancel(task.id);
    await until(() => driver.asked.includes("cancel x"));
    deps.store.events.append = append;
    expect((await ended(task)).status).toBe("canceled");
    await canceling;
  });
});

describe("cancel", () => {
  test("of a waiting task ends it without a worker", async () => {
    const [first, second] = [await ask("one"), await ask("two")];
    await attempt("one");
    expect(await dispatcher.cancel(second.id)).toMatchObject({ status: "canceled" });
    await expect(dispatcher.cancel(second.id)).rejects.toMatchObject({ code: "task_terminal" });
    (await attempt("one")).say(done);
    await ended(first);
    expect(driver.asked).not.toContain("chat two");
    expect(await typesOf(second)).toEqual(["status", "done"]);
  });

  test("of a running task is told to its worker, and the worker's end is the task's", async () => {
    const task = await ask("x");
    (await attempt("x")).say(text("a"));
    await until(() => order.includes("sent text"));
    await dispatcher.cancel(task.id);
    expect(await ended(task)).toMatchObject({ status: "canceled", reason: "canceled", error: null });
    expect((await typesOf(task)).slice(-2)).toEqual(["status", "done"]);
  });

  test("before there is a worker ends the task, and no worker ever sees it", async () => {
    const gate = Promise.withResolvers<void>();
    driver.gate = gate.promise;
    const task = await ask("x");
    await until(() => driver.asked.length > 0);
    await dispatcher.cancel(task.id);
    gate.resolve();
    expect(await ended(task)).toMatchObject({ status: "canceled" });
    expect(driver.asked).not.toContain("chat x");
  });

  test("that a worker does not obey ends the worker within 12 s, and its token is dead", async () => {
    driver.isDeaf = true;
    const [task, next] = [await ask("x"), await ask("next")];
    (await attempt("x")).say(text("a"));
    await until(() => order.includes("sent text"));
    await dispatcher.cancel(task.id);
    const from = clock.monotonicMs();
    await until(() => driver.asked.includes(`kill ${sessionId}`));
    expect(clock.monotonicMs() - from).toBeLessThanOrEqual(12_000);
    expect(await ended(task)).toMatchObject({ status: "canceled" });
    expect(openTokens.has(task.id)).toBe(false);
    (await attempt("next")).say(done);
    expect((await ended(next)).status).toBe("completed");
  });

  test("when the worker died meanwhile is still a cancel", async () => {
    driver.isDeaf = true;
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("a"));
    await until(() => order.includes("sent text"));
    await dispatcher.cancel(task.id);
    driver.isAlive = false;
    worker.cut();
    expect(await ended(task)).toMatchObject({ status: "canceled", error: null });
  });

  test("of an unknown task is not_found", async () => {
    await expect(dispatcher.cancel("none")).rejects.toMatchObject({ code: "not_found" });
  });

  test("at any moment gives exactly one end, and the next task runs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.nat(4), fc.boolean(), fc.boolean(), async (waitMs, count, isDeaf, isHanging) => {
        sessionId = `race-${lastId}`;
        driver = createFakeDriver();
        driver.isDeaf = isDeaf;
        driver.script = ({ request, say }) => {
          if (request.message === "x") say(...Array.from({ length: count }, () => text("w")));
          if (request.message !== "x" || !isHanging) say(done);
        };
        dispatcher = hubOf(driver);
        const [task, next] = [await ask("x"), await ask("next")];
        await clock.advance(waitMs);
        await dispatcher.cancel(task.id).catch((error: AnyWorkError) => expect(error.code).toBe("task_terminal"));
        const { status } = await ended(task);
        const events = await eventsOf(task);
        expect(events.filter(({ type }) => type === "done")).toHaveLength(1);
        expect(events.at(-1)).toMatchObject({ type: "done", metadata: { status } });
        expect((await ended(next)).status).toBe("completed");
        await until(() => openTokens.size === 0);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a hub that comes after another", () => {
  // It takes up every open task there is: those of other tests must not be among them.
  beforeEach(async () => {
    await store.close();
    store = await createSqliteStore({ path: ":memory:" });
    dispatcher = hubOf(driver);
  });

  test("finds running tasks at their last stored number, and waiting ones in their order", async () => {
    const [task, waiting] = [await ask("x"), await ask("waits")];
    const worker = await attempt("x");
    worker.say(text("a"), text("b"));
    await until(() => order.filter((one) => one === "stored text").length === 2);
    dispatcher.stop();
    worker.say(text("while nobody looked"));
    const again = hubOf(driver);
    await recovered(again);
    expect(driver.asked).toContain("attach x 2");
    worker.say(text("d"), done);
    expect((await ended(task)).status).toBe("completed");
    expect((await eventsOf(task)).slice(2).map(({ content }) => content)).toEqual([
      "a",
      "b",
      "while nobody looked",
      "d",
      "",
    ]);
    (await attempt("waits")).say(done);
    expect((await ended(waiting)).status).toBe("completed");
    expect(
      (await eventsOf(waiting)).filter(({ metadata }) => (metadata as { kind?: string }).kind === "queued"),
    ).toHaveLength(1);
  });

  test("fences the one before it: what that one still hears changes nothing", async () => {
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("a"));
    await until(() => order.includes("stored text"));
    const again = hubOf(driver);
    await recovered(again);
    worker.say(text("b"), done);
    expect((await ended(task)).status).toBe("completed");
    await clock.advance(1_000);
    const events = await store.events.readTask({ taskId: task.id, after: 0, limit: 100 });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events.filter(({ event }) => event.type === "done")).toHaveLength(1);
    expect(events.filter(({ event }) => event.type === "text").map(({ event }) => event.content)).toEqual(["a", "b"]);
  });

  test("takes a running task up also while the gateway is down or has no provider", async () => {
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("a"));
    await until(() => order.includes("stored text"));
    dispatcher.stop();
    const again = hubOf(driver);
    deps.gateway.open = () => Promise.reject(new AnyWorkError("provider_missing", "No provider."));
    await recovered(again);
    worker.say(done);
    expect((await ended(task)).status).toBe("completed");
  });

  test("announces a task that was accepted and never seen, and runs it", async () => {
    const task = await accept("left behind");
    await recovered(dispatcher);
    (await attempt("left behind")).say(done);
    await ended(task);
    expect((await eventsOf(task))[0]?.metadata).toMatchObject({ kind: "queued" });
  });

  test("runs a claimed task that no worker ever began as its next attempt", async () => {
    const task = await accept("claimed");
    await store.tasks.claim({ id: task.id, workerId: "worker-1", at: clock.now() });
    await recovered(dispatcher);
    (await attempt("claimed")).say(done);
    expect(await ended(task)).toMatchObject({ status: "completed", attempt: 2 });
  });

  test("finding the worker dead and its journal without an end says that the attempt was lost", async () => {
    const task = await ask("x");
    const worker = await attempt("x");
    worker.say(text("a"));
    await until(() => order.includes("stored text"));
    dispatcher.stop();
    worker.say(text("b"));
    worker.end();
    driver.isAlive = false;
    await recovered(hubOf(driver));
    expect(await ended(task)).toMatchObject({ status: "failed", reason: "lost" });
    expect(await typesOf(task)).toEqual(["status", "status", "text", "text", "error", "done"]);
  });
});
