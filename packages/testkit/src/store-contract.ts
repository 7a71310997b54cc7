// What every store must do, asked of it through its ports alone.
import type { Append, NewTask, Store } from "@anywork/core";
import type { StoredEvent, Task, TaskEvent } from "@anywork/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const outcome = { status: "completed", retryable: false, cost_usd: 0.5, num_turns: 2, duration_ms: 30 } as const;
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });
const done: TaskEvent = { type: "done", content: "", metadata: outcome };

function newTask(id: string, given: Partial<NewTask> = {}): NewTask {
  const { sessionId = "s1" } = given;
  const names = { channel: "webchat", agent: "default", message: `do ${id}`, skills: ["a"], mcpServers: ["b"] };
  const title = `title ${id}`;
  return { id, sessionId, ...names, retryOf: null, dedupe: null, createdAt: at(1), title, maxWaiting: 50, ...given };
}

type Place = Partial<Pick<StoredEvent, "sessionId" | "taskId" | "attempt" | "wseq">>;
function stored(pos: number, seq: number, event: TaskEvent, place: Place = {}): StoredEvent {
  return { sessionId: "s1", taskId: "t1", attempt: 1, wseq: seq, ...place, seq, pos, timestamp: at(pos), event };
}

function end(taskId: string, from: Task["status"][], second = 9): NonNullable<Append["change"]> {
  return { kind: "end", taskId, from, outcome, error: null, tokens: { input: 3, output: 4 }, at: at(second) };
}

export function storeContract(name: string, create: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await create();
    });
    afterAll(() => store.close());
    // Opening one takes longer than all that is asked of it here: it is emptied instead.
    afterEach(async () => {
      for (const { id, sessionId } of await store.tasks.open()) {
        const change = end(id, ["pending", "running", "input_required"]);
        await store.events.append({ sessionId, events: [], leaseToken: null, change });
      }
      for (const { id } of await store.sessions.list({ limit: 100 })) await store.sessions.remove(id);
    });

    const append = (events: StoredEvent[], given: Partial<Append> = {}) =>
      store.events.append({ sessionId: "s1", events, leaseToken: null, ...given });
    const claim = (id: string) => store.tasks.claim({ id, workerId: "w1", at: at(2) });
    const readAll = (after = 0, limit = 100) => store.events.readSession({ sessionId: "s1", after, limit });

    describe("tasks", () => {
      it("are accepted as pending and open their session", async () => {
        const accepted = await store.tasks.accept(newTask("t1"));
        expect(accepted).toMatchObject({ kind: "created", sessionCreated: true });
        const task = await store.tasks.get("t1");
        expect(accepted.task).toEqual(task);
        expect(task).toMatchObject({
          status: "pending",
          attempt: 0,
          skills: ["a"],
          mcpServers: ["b"],
          finishedAt: null,
        });
        const session = { id: "s1", title: "title t1", channel: "webchat", agent: "default", status: "pending" };
        expect(await store.sessions.get("s1")).toEqual({ ...session, createdAt: at(1), updatedAt: at(1) });
      });

      it("of a session that exists leave its name and move it to the top", async () => {
        await store.tasks.accept(newTask("t1"));
        const second = await store.tasks.accept(newTask("t2", { createdAt: at(5) }));
        expect(second).toMatchObject({ kind: "created", sessionCreated: false });
        expect(await store.sessions.get("s1")).toMatchObject({ title: "title t1", updatedAt: at(5) });
      });

      it("that are unknown are null", async () => {
        expect(await store.tasks.get("none")).toBeNull();
        expect(await claim("none")).toBeNull();
        expect(await store.tasks.takeOver("none")).toBeNull();
      });

      it("delivered twice are one, and another request under the same key is told apart", async () => {
        const dedupe = { scope: "api:default", key: "k", digest: "d1" };
        await store.tasks.accept(newTask("t1", { dedupe }));
        expect(await store.tasks.accept(newTask("t2", { dedupe }))).toMatchObject({
          kind: "repeat",
          task: { id: "t1" },
        });
        const other = newTask("t3", { dedupe: { ...dedupe, digest: "d2" } });
        expect(await store.tasks.accept(other)).toMatchObject({ kind: "mismatch", task: { id: "t1" } });
        const elsewhere = newTask("t4", { dedupe: { ...dedupe, scope: "slack:x" } });
        expect(await store.tasks.accept(elsewhere)).toMatchObject({ kind: "created" });
        expect((await store.tasks.list({ limit: 9 })).map(({ id }) => id)).toEqual(["t4", "t1"]);
      });

      it("delivered at the same time are one", async () => {
        const dedupe = { scope: "api:default", key: "k", digest: "d" };
        const ids = Array.from({ length: 8 }, (_, n) => `t${n}`);
        const accepted = await Promise.all(ids.map((id) => store.tasks.accept(newTask(id, { dedupe }))));
        expect(accepted.filter(({ kind }) => kind === "created")).toHaveLength(1);
        expect(new Set(accepted.map(({ task }) => task.id)).size).toBe(1);
      });

      it("of a removed session free their delivery's key", async () => {
        const dedupe = { scope: "api:default", key: "k", digest: "d" };
        await store.tasks.accept(newTask("t1", { dedupe }));
        await append([], { change: end("t1", ["pending"]) });
        expect(await store.sessions.remove("s1")).toBe(true);
        expect(await store.tasks.accept(newTask("t2", { dedupe }))).toMatchObject({ kind: "created" });
      });

      it("are listed newest first, by session, by status and page by page", async () => {
        for (const id of ["t1", "t2", "t3"]) await store.tasks.accept(newTask(id));
        await store.tasks.accept(newTask("t4", { sessionId: "s2" }));
        await claim("t2");
        const ids = async (filter: object) => (await store.tasks.list({ limit: 9, ...filter })).map(({ id }) => id);
        expect(await ids({})).toEqual(["t4", "t3", "t2", "t1"]);
        expect(await ids({ sessionId: "s1" })).toEqual(["t3", "t2", "t1"]);
        expect(await ids({ status: "running" })).toEqual(["t2"]);
        expect(await ids({ before: "t3" })).toEqual(["t2", "t1"]);
        expect(await ids({ limit: 1 })).toEqual(["t4"]);
      });

      it("that have not ended are open, oldest first", async () => {
        for (const id of ["t1", "t2", "t3"]) await store.tasks.accept(newTask(id));
        await claim("t1");
        await append([], { change: end("t2", ["pending"]) });
        expect((await store.tasks.open()).map(({ id, status }) => [id, status])).toEqual([
          ["t1", "running"],
          ["t3", "pending"],
        ]);
      });

      it("are claimed once, however many ask", async () => {
        await store.tasks.accept(newTask("t1"));
        const claims = await Promise.all([claim("t1"), claim("t1"), claim("t1")]);
        const won = claims.filter((one) => one !== null);
        expect(won).toHaveLength(1);
        expect(won[0]?.task).toMatchObject({ status: "running", attempt: 1, workerId: "w1", startedAt: at(2) });
      });

      it("are claimed again after they went back to pending, as the next attempt", async () => {
        await store.tasks.accept(newTask("t1"));
        const first = await claim("t1");
        await append([], { change: { kind: "move", taskId: "t1", from: ["running"], to: "pending" } });
        const second = await claim("t1");
        expect(second?.task.attempt).toBe(2);
        expect(second?.leaseToken).toBeGreaterThan(first?.leaseToken ?? Number.NaN);
      });

      it("are taken over only while they run, each time under a higher lease", async () => {
        await store.tasks.accept(newTask("t1"));
        expect(await store.tasks.takeOver("t1")).toBeNull();
        const first = await claim("t1");
        const second = await store.tasks.takeOver("t1");
        expect(second?.task).toMatchObject({ attempt: 1, status: "running" });
        expect(second?.leaseToken).toBeGreaterThan(first?.leaseToken ?? Number.NaN);
        await append([], { change: end("t1", ["running"]) });
        expect(await store.tasks.takeOver("t1")).toBeNull();
      });
    });

    describe("events", () => {
      beforeEach(async () => {
        await store.tasks.accept(newTask("t1"));
        await store.tasks.accept(newTask("t2"));
      });

      it("are read as they were written, by session and by task, from anywhere", async () => {
        const odd = 'quoted " \\ \u2028 🧑‍🚀 \u0000 end';
        const events = [
          stored(1, 1, text(odd), { wseq: 0 }),
          stored(
            2,
            1,
            { type: "reasoning", content: "other task", metadata: { a: [1, { b: null }] } },
            { taskId: "t2" },
          ),
          stored(3, 2, text("")),
          stored(4, 3, { type: "tool_call", content: "bash", metadata: { call_id: "c", args: { x: "y" } } }),
          stored(5, 4, text("later"), { attempt: 2, wseq: 1 }),
        ];
        await append(events.slice(0, 2));
        await append(events.slice(2));
        for (let after = 0; after <= 5; after += 1) expect(await readAll(after)).toEqual(events.slice(after));
        const mine = events.filter(({ taskId }) => taskId === "t1");
        for (let after = 0; after <= 4; after += 1) {
          expect(await store.events.readTask({ taskId: "t1", after, limit: 9 })).toEqual(mine.slice(after));
        }
        expect(await store.events.readTask({ taskId: "t1", after: 1, limit: 1 })).toEqual(mine.slice(1, 2));
        expect(await store.events.readSession({ sessionId: "none", after: 0, limit: 9 })).toEqual([]);
      });

      it("of a long session are read whole by going on after the last one", async () => {
        const events = Array.from({ length: 3_000 }, (_, n) => stored(n + 1, n + 1, text(`${n}`)));
        for (let from = 0; from < events.length; from += 7) await append(events.slice(from, from + 7));
        const read: StoredEvent[] = [];
        for (;;) {
          const more = await readAll(read.at(-1)?.pos ?? 0, 500);
          if (more.length === 0) break;
          read.push(...more);
        }
        expect(read).toEqual(events);
      });

      it("under a lease that has moved on are refused whole", async () => {
        const first = await claim("t1");
        const second = await store.tasks.takeOver("t1");
        const stale = { leaseToken: first?.leaseToken ?? 0, change: end("t1", ["running"]) };
        await expect(append([stored(1, 1, done)], stale)).rejects.toMatchObject({ code: "stale_lease" });
        expect(await readAll()).toEqual([]);
        expect((await store.tasks.get("t1"))?.status).toBe("running");
        await append([stored(1, 1, text("mine"))], { leaseToken: second?.leaseToken ?? 0 });
        expect(await readAll()).toHaveLength(1);
      });

      it("end their task in the same write, with everything that `done` says", async () => {
        await claim("t1");
        const error = { code: "engine_failed" as const, message: "no", hint: "try" };
        const said = { ...outcome, result: "yes", reason: "why" };
        const tokens = { input: 3, output: 4 };
        const change = {
          kind: "end" as const,
          taskId: "t1",
          from: ["running" as const],
          outcome: said,
          error,
          tokens,
          at: at(9),
        };
        await append([stored(1, 1, done)], { change });
        const ended = { status: "completed", result: "yes", reason: "why", error, costUsd: 0.5, numTurns: 2 };
        const numbers = { inputTokens: 3, outputTokens: 4, durationMs: 30, finishedAt: at(9), retryable: false };
        expect(await store.tasks.get("t1")).toMatchObject({ ...ended, ...numbers });
      });

      it("that come after the end are refused whole: a terminal status never changes", async () => {
        await claim("t1");
        await append([stored(1, 1, done)], { change: end("t1", ["running"]) });
        const kept = await store.tasks.get("t1");
        const late: NonNullable<Append["change"]>[] = [
          end("t1", ["pending", "running", "input_required"], 20),
          { kind: "move", taskId: "t1", from: ["running"], to: "pending" },
        ];
        for (const change of late) {
          await expect(append([stored(2, 2, done)], { change })).rejects.toMatchObject({ code: "task_terminal" });
        }
        expect(await store.tasks.get("t1")).toEqual(kept);
        expect(await readAll()).toHaveLength(1);
      });

      it("refused take nothing with them of what is written at the same time", async () => {
        await append([], { change: end("t2", ["pending"]) });
        const [late, good] = await Promise.allSettled([
          append([stored(1, 1, done, { taskId: "t2" })], { change: end("t2", ["pending"]) }),
          append([stored(2, 1, text("good"))]),
        ]);
        expect([late.status, good.status]).toEqual(["rejected", "fulfilled"]);
        expect((await readAll()).map(({ pos }) => pos)).toEqual([2]);
      });

      it("twice under one number are refused: nothing is ever overwritten", async () => {
        await append([stored(1, 1, text("first"))]);
        await expect(append([stored(1, 1, text("second"))])).rejects.toThrow();
        expect((await readAll()).map(({ event }) => event.content)).toEqual(["first"]);
      });

      it("give the session's head and those of its open tasks, the wseq of the present attempt", async () => {
        expect(await store.events.heads("s1")).toEqual({ pos: 0, tasks: {} });
        await claim("t1");
        await append([stored(1, 1, text("queued"), { attempt: 0, wseq: 0 })]);
        await append([stored(2, 2, text("a"), { wseq: 1 }), stored(3, 3, text("b"), { wseq: 2 })]);
        await append([stored(4, 4, text("own"), { wseq: 0 })]);
        await append([stored(5, 1, text("other"), { taskId: "t2", attempt: 0, wseq: 0 })]);
        expect(await store.events.heads("s1")).toEqual({
          pos: 5,
          tasks: { t1: { seq: 4, attempt: 1, wseq: 2 }, t2: { seq: 1, attempt: 0, wseq: 0 } },
        });
        await append([], { change: { kind: "move", taskId: "t1", from: ["running"], to: "pending" } });
        await claim("t1");
        expect((await store.events.heads("s1")).tasks.t1).toEqual({ seq: 4, attempt: 2, wseq: 0 });
        await append([stored(6, 5, done)], { change: end("t1", ["running"]) });
        expect(await store.events.heads("s1")).toMatchObject({ pos: 6, tasks: { t2: { seq: 1 } } });
      });

      it("show the newest task's status on the session", async () => {
        await claim("t1");
        await append([], { change: end("t1", ["running"]) });
        expect((await store.sessions.get("s1"))?.status).not.toBe("completed");
        await claim("t2");
        await append([], { change: end("t2", ["running"], 12) });
        expect(await store.sessions.get("s1")).toMatchObject({ status: "completed", updatedAt: at(12) });
      });
    });

    describe("sessions", () => {
      const session = (id: string, second = 1) => ({
        id,
        title: id,
        channel: "api",
        agent: "default",
        createdAt: at(second),
      });

      it("are created once", async () => {
        const created = await store.sessions.create(session("mine"));
        expect(created).toEqual({ ...session("mine"), updatedAt: at(1), status: null });
        await expect(store.sessions.create(session("mine"))).rejects.toMatchObject({ code: "conflict" });
      });

      it("are listed by activity, page by page, also where it is the same instant", async () => {
        for (const id of ["a", "b", "c"]) await store.sessions.create(session(id));
        await store.sessions.create(session("d", 2));
        const [first, second] = await store.sessions.list({ limit: 2 });
        expect([first?.id, second?.id]).toEqual(["d", "c"]);
        const before = { updatedAt: second?.updatedAt ?? "", id: second?.id ?? "" };
        expect((await store.sessions.list({ limit: 9, before })).map(({ id }) => id)).toEqual(["b", "a"]);
      });

      it("opened again after their removal go on with higher leases: a worker may remember the old ones", async () => {
        await store.tasks.accept(newTask("t1"));
        await claim("t1");
        const last = await store.tasks.takeOver("t1");
        await append([], { change: end("t1", ["running"]) });
        await store.sessions.remove("s1");
        await store.tasks.accept(newTask("t2"));
        expect((await claim("t2"))?.leaseToken).toBeGreaterThan(last?.leaseToken ?? Number.NaN);
      });

      it("are renamed; an unknown one is null", async () => {
        await store.sessions.create(session("a"));
        expect(await store.sessions.rename("a", "new")).toMatchObject({ id: "a", title: "new" });
        expect(await store.sessions.rename("none", "new")).toBeNull();
      });

      it("are removed with tasks and events, not while a task is open", async () => {
        await store.tasks.accept(newTask("t1"));
        await append([stored(1, 1, text("x"))]);
        await expect(store.sessions.remove("s1")).rejects.toMatchObject({ code: "conflict" });
        await append([], { change: end("t1", ["pending"]) });
        expect(await store.sessions.remove("s1")).toBe(true);
        expect([await store.sessions.get("s1"), await store.tasks.get("t1")]).toEqual([null, null]);
        expect(await readAll()).toEqual([]);
        expect(await store.sessions.remove("s1")).toBe(false);
      });
    });

    describe("settings", () => {
      it("are kept, replaced and removed", async () => {
        expect(await store.settings.get("k")).toBeNull();
        await store.settings.put("k", "one");
        await store.settings.put("k", "two");
        expect(await store.settings.get("k")).toBe("two");
        await store.settings.put("k", null);
        expect(await store.settings.get("k")).toBeNull();
      });

      it("know a sign-in until its time or its removal", async () => {
        await store.settings.addSignIn({ hash: "h", createdAt: at(1), expiresAt: at(10) });
        expect(await store.settings.hasSignIn("h", at(9))).toBe(true);
        expect(await store.settings.hasSignIn("h", at(10))).toBe(false);
        expect(await store.settings.hasSignIn("other", at(2))).toBe(false);
        await store.settings.removeSignIn("h");
        expect(await store.settings.hasSignIn("h", at(2))).toBe(false);
      });
    });

    it("refuses work after it was closed", async () => {
      const closed = await create();
      await closed.close();
      await expect(closed.tasks.get("t1")).rejects.toMatchObject({ code: "store_unavailable" });
    });
  });
}
