import type { Task } from "@anywork/protocol";
import { createSqliteStore } from "@anywork/stores";
import { createFakeClock } from "@anywork/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Dispatcher } from "./dispatcher.ts";
import { createIntake, type Intake, titleOf } from "./intake.ts";
import type { ChannelMessage, Store } from "./ports.ts";

let store: Store;
beforeAll(async () => {
  store = await createSqliteStore({ path: ":memory:" });
});
afterAll(() => store.close());

const from = { channel: "api", account: "default" };
let lastId = 0;
let order: string[];
let enqueued: Task[];
let intake: Intake;

beforeEach(() => {
  order = [];
  enqueued = [];
  const dispatcher = {
    expect: () => () => undefined,
    enqueue(task: Task) {
      order.push("enqueued");
      enqueued.push(task);
    },
  } as unknown as Dispatcher;
  const tasks: Store["tasks"] = {
    ...store.tasks,
    async accept(task) {
      const accepted = await store.tasks.accept(task);
      order.push("stored");
      return accepted;
    },
  };
  intake = createIntake({
    store: { ...store, tasks },
    dispatcher,
    clock: createFakeClock(),
    newId: () => `id-${String(++lastId).padStart(5, "0")}`,
    digest: (text) => text,
    agents: ["default", "echo"],
    queuedPerSession: 3,
  });
});

const message = (text: string, given: Partial<ChannelMessage> = {}): ChannelMessage => ({
  text,
  skills: [],
  mcpServers: [],
  ...given,
});

describe("a message", () => {
  test("is stored first, then acknowledged, then worked on", async () => {
    const accepted = await intake.accept(from, message("hello"), () => order.push("acknowledged"));
    expect(order).toEqual(["stored", "acknowledged", "enqueued"]);
    expect(accepted).toMatchObject({ isNew: true, sessionCreated: true, session: { title: "hello" } });
    expect(await store.tasks.get(accepted.task.id)).toEqual(enqueued[0]);
  });

  test("that the store does not take is not acknowledged and not worked on", async () => {
    const broken = await createSqliteStore({ path: ":memory:" });
    await broken.close();
    const failing = createIntake({
      store: broken,
      dispatcher: {
        expect: () => () => undefined,
        enqueue: () => order.push("enqueued"),
      } as unknown as Dispatcher,
      clock: createFakeClock(),
      newId: () => "x",
      digest: (text) => text,
      agents: ["default"],
      queuedPerSession: 3,
    });
    const asked = failing.accept(from, message("hello"), () => order.push("acknowledged"));
    await expect(asked).rejects.toMatchObject({ code: "store_unavailable" });
    expect(order).toEqual([]);
  });

  test("for an agent that is not there is refused with those that are", async () => {
    await expect(intake.accept(from, message("x", { agent: "nobody" }))).rejects.toMatchObject({
      code: "invalid_request",
      field: "agent",
      hint: expect.stringContaining("default, echo"),
    });
    expect(order).toEqual([]);
  });

  test("for a session in which too many wait is refused; a repeat of one that was taken is not", async () => {
    const sessionId = "crowded";
    for (const id of ["1", "2", "3"]) await intake.accept(from, message("x", { sessionId, deliveryId: `crowd-${id}` }));
    const refusal = { code: "too_many_requests", retryAfterS: 10 };
    const more = ["4", "5"].map((id) => intake.accept(from, message("x", { sessionId, deliveryId: `crowd-${id}` })));
    for (const asked of more) await expect(asked).rejects.toMatchObject(refusal);
    const again = await intake.accept(from, message("x", { sessionId, deliveryId: "crowd-3" }));
    expect(again.isNew).toBe(false);
    await expect(intake.accept(from, message("x", { sessionId: "calm" }))).resolves.toMatchObject({ isNew: true });
  });
});

describe("a delivery that comes twice", () => {
  test("is worked on once and acknowledged twice", async () => {
    const delivery = message("once", { deliveryId: "d1" });
    const first = await intake.accept(from, delivery);
    const acknowledged: boolean[] = [];
    const second = await intake.accept(from, delivery, ({ isNew }) => acknowledged.push(isNew));
    expect(second).toMatchObject({ isNew: false, task: { id: first.task.id } });
    expect(acknowledged).toEqual([false]);
    expect(enqueued).toHaveLength(1);
  });

  test("with other words, another agent, or other skills is a conflict", async () => {
    await intake.accept(from, message("this", { deliveryId: "d2" }));
    for (const other of [message("that"), message("this", { agent: "echo" }), message("this", { skills: ["s"] })]) {
      const asked = intake.accept(from, { ...other, deliveryId: "d2" });
      await expect(asked).rejects.toMatchObject({ code: "idempotency_conflict" });
    }
    expect(enqueued).toHaveLength(1);
  });

  test("on another channel or account is another one", async () => {
    await intake.accept(from, message("x", { deliveryId: "d3" }));
    const other = await intake.accept({ channel: "slack", account: "a" }, message("x", { deliveryId: "d3" }));
    expect(other.isNew).toBe(true);
  });
});

describe("running again", () => {
  test("asks the same in a new task, and only of what has ended", async () => {
    const { task } = await intake.accept(from, message("x", { agent: "echo", skills: ["s"], mcpServers: ["m"] }));
    await expect(intake.retry(task.id)).rejects.toMatchObject({ code: "conflict" });
    const outcome = { status: "failed", retryable: true, cost_usd: 0, num_turns: 0, duration_ms: 0 } as const;
    const end = { kind: "end", taskId: task.id, from: ["pending"], outcome, error: null } as const;
    const change = { ...end, from: [...end.from], tokens: { input: 0, output: 0 }, at: task.createdAt };
    await store.events.append({ sessionId: task.sessionId, events: [], leaseToken: null, change });
    const { sessionId, channel, agent, message: text, skills, mcpServers } = task;
    expect(await intake.retry(task.id)).toMatchObject({
      ...{ sessionId, channel, agent, message: text, skills, mcpServers },
      status: "pending",
      retryOf: task.id,
    });
    await expect(intake.retry("none")).rejects.toMatchObject({ code: "not_found" });
  });
});

test("a session is called by its first line, cut where it is long", () => {
  expect(titleOf("  Tidy up\nand then rest")).toBe("Tidy up");
  expect(titleOf("x".repeat(60))).toBe("x".repeat(60));
  expect(titleOf("x".repeat(61))).toBe(`${"x".repeat(59)}…`);
});
