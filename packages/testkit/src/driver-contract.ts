// What every driver must do, asked of it through its port alone, with the echo engine in real workers.
import type { Driver, WorkerHandle } from "@anywork/core";
import type { AgentSpec, ChatRequest, TaskEvent, WorkerEvent } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

export interface DriverFixture {
  driver: Driver;
  /** A driver as a restarted hub would make it: same home, nothing remembered. */
  again(): Driver;
  /** Ends the worker as a crash would. */
  crash(workerId: string): Promise<void>;
  close(): Promise<void>;
}

const agent: AgentSpec = {
  name: "default",
  engine: "echo",
  model: "echo",
  soul: "",
  instructions: "",
  limits: { max_steps: 10, idle_timeout_ms: 60_000, total_timeout_ms: 120_000 },
};

let lastTask = 0;

/** A chat request for the echo engine with a task id of its own. */
export function echoRequest(message: string, given: Partial<ChatRequest> = {}): ChatRequest {
  lastTask++;
  const task_id = `00000000-0000-7000-8000-${String(process.pid * 1000 + lastTask).padStart(12, "0")}`;
  return { task_id, attempt: 1, session_id: "s1", message, agent, lease: { token: 1 }, gateway: null, ...given };
}

export async function readAll(batches: AsyncIterable<WorkerEvent[]>): Promise<WorkerEvent[]> {
  const events: WorkerEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
}

/** Reads on until an event fits; the reader stays where it is. */
async function readUntil(batches: AsyncIterator<WorkerEvent[]>, fits: (event: TaskEvent) => boolean) {
  const events: WorkerEvent[] = [];
  for (;;) {
    const { value, done } = await batches.next();
    if (done) throw new Error(`the stream ended without it, after ${JSON.stringify(events)}`);
    events.push(...value);
    if (value.some(({ event }: WorkerEvent) => fits(event))) return events;
  }
}

const iterate = (batches: AsyncIterable<WorkerEvent[]>) => batches[Symbol.asyncIterator]();
const typesOf = (events: WorkerEvent[]) => events.map(({ event }) => event.type);
const textOf = (events: WorkerEvent[]) =>
  events.map(({ event }) => (event.type === "text" ? event.content : "")).join("");
const statusOf = (events: WorkerEvent[]) => {
  const last = events.at(-1)?.event;
  return last?.type === "done" ? last.metadata.status : last?.type;
};

export function driverContract(name: string, create: () => Promise<DriverFixture>): void {
  describe(`driver contract: ${name}`, () => {
    let fixture: DriverFixture;
    beforeEach(async () => {
      fixture = await create();
    });
    afterEach(async () => {
      await fixture.close();
    });

    const acquire = (id = "s1") => fixture.driver.acquire({ id });
    const prepare = async (worker: WorkerHandle, session_id = "s1") =>
      worker.prepare({ task_id: "t", session_id, skills: [], mcp_servers: {} });

    it("a message is answered in events numbered from 1, the last one done", async () => {
      const worker = await acquire();
      await prepare(worker);
      const events = await readAll(worker.chat(echoRequest("good day to you")));
      expect(textOf(events)).toBe("good day to you");
      expect(events.map(({ wseq }) => wseq)).toEqual(events.map((_, at) => at + 1));
      expect(statusOf(events)).toBe("completed");
    });

    it("text in every script arrives as it was sent", async () => {
      const message = 'žluťoučký kůň 日本語 🧑‍🚀 \\n "quoted" \u2028 end';
      expect(textOf(await readAll((await acquire()).chat(echoRequest(message))))).toBe(message);
    });

    it("a session keeps its worker", async () => {
      const [first, second] = [await acquire(), await acquire()];
      expect(second.id).toBe(first.id);
    });

    it("sessions asked for at the same time get workers that answer", async () => {
      const ids = ["a", "b", "c"];
      const workers = await Promise.all(ids.map((id) => acquire(id)));
      const answers = await Promise.all(
        workers.map((worker, at) => readAll(worker.chat(echoRequest("hello", { session_id: ids[at] ?? "" })))),
      );
      expect(answers.map(statusOf)).toEqual(["completed", "completed", "completed"]);
    });

    it("an attempt read again after a number gives precisely the rest", async () => {
      const worker = await acquire();
      const request = echoRequest("one two three four");
      const all = await readAll(worker.chat(request));
      for (const after of [0, 1, 3, all.length]) {
        const attached = await worker.attach({ taskId: request.task_id, attempt: 1, after });
        expect(attached.head).toBe(all.length);
        expect(await readAll(attached.batches)).toEqual(all.slice(after));
      }
    });

    it("leaving does not cancel: who comes back gets the rest without gap or repeat", async () => {
      const worker = await acquire();
      const request = echoRequest("/slow 20 a b c d e f g h");
      const seen: WorkerEvent[] = [];
      for await (const batch of worker.chat(request)) {
        seen.push(...batch);
        break;
      }
      const { batches } = await worker.attach({ taskId: request.task_id, attempt: 1, after: seen.length });
      const all = [...seen, ...(await readAll(batches))];
      expect(all.map(({ wseq }) => wseq)).toEqual(all.map((_, at) => at + 1));
      expect(textOf(all)).toBe("a b c d e f g h");
    });

    it("the same attempt asked for twice runs once", async () => {
      const worker = await acquire();
      const request = echoRequest("/slow 10 once only");
      const [first, second] = await Promise.all([readAll(worker.chat(request)), readAll(worker.chat(request))]);
      expect(second).toEqual(first);
    });

    it("an attempt nobody started is not_found", async () => {
      const worker = await acquire();
      const unknown = { taskId: echoRequest("").task_id, attempt: 1, after: 0 };
      await expect(worker.attach(unknown)).rejects.toMatchObject({ code: "not_found" });
    });

    it("a second task in a session that is at work is a conflict", async () => {
      const worker = await acquire();
      const running = iterate(worker.chat(echoRequest("/hang")));
      await running.next();
      await expect(readAll(worker.chat(echoRequest("me too")))).rejects.toMatchObject({ code: "conflict" });
      await worker.cancel({ session_id: "s1" });
      await readUntil(running, (event) => event.type === "done");
    });

    it("an older owner of the session is refused", async () => {
      const worker = await acquire();
      await readAll(worker.chat(echoRequest("new owner", { lease: { token: 7 } })));
      const old = worker.chat(echoRequest("old owner", { lease: { token: 6 } }));
      await expect(readAll(old)).rejects.toMatchObject({ code: "stale_lease" });
    });

    it("cancel ends a hanging task as canceled, and again does nothing", async () => {
      const worker = await acquire();
      const request = echoRequest("/hang");
      const running = iterate(worker.chat(request));
      await running.next();
      await worker.cancel({ session_id: "s1", task_id: request.task_id });
      const events = await readUntil(running, (event) => event.type === "done");
      expect(statusOf(events)).toBe("canceled");
      await worker.cancel({ session_id: "s1", task_id: request.task_id });
      expect((await running.next()).done).toBe(true);
    });

    it("an answer reaches the run that asked", async () => {
      const worker = await acquire();
      const request = echoRequest("/ask shall I");
      const running = iterate(worker.chat(request));
      const asked = await readUntil(running, (event) => event.type === "approval_request");
      const approval = asked.map(({ event }) => event).find((event) => event.type === "approval_request");
      const answer = { approval_id: approval?.metadata.approval_id ?? "", decision: "allow" } as const;
      await worker.answer(request.task_id, answer);
      expect(textOf(await readUntil(running, (event) => event.type === "done"))).toBe("shall I");
      await expect(worker.answer(request.task_id, answer)).rejects.toMatchObject({ code: "not_found" });
    });

    it("a parked attempt ends its stream, and the next attempt goes on from the answer", async () => {
      const worker = await acquire();
      const request = echoRequest("/park send it");
      const first = await readAll(worker.chat(request));
      expect(typesOf(first)).toEqual(["approval_request", "parked"]);
      const parked = first.at(-1)?.event;
      const approval_id = parked?.type === "parked" ? (parked.metadata.approvals[0] ?? "") : "";
      const resume = { approval_id, decision: "allow" } as const;
      const second = await readAll(worker.chat({ ...request, attempt: 2, lease: { token: 2 }, resume }));
      expect(textOf(second)).toBe("send it");
      expect(statusOf(second)).toBe("completed");
    });

    it("a failure is one error and then done, never a thrown one", async () => {
      const events = await readAll((await acquire()).chat(echoRequest("/fail no luck")));
      expect(typesOf(events)).toEqual(["error", "done"]);
      expect(statusOf(events)).toBe("failed");
    });

    it("an engine that ends without a last event has failed", async () => {
      const events = await readAll((await acquire()).chat(echoRequest("/silent-end oh")));
      expect(typesOf(events)).toEqual(["text", "error", "done"]);
      expect(events.at(-1)?.event.metadata).toMatchObject({ status: "failed", code: "engine_failed" });
    });

    it("a task that says nothing for too long fails with idle_timeout", async () => {
      const limits = { ...agent.limits, idle_timeout_ms: 50 };
      const events = await readAll((await acquire()).chat(echoRequest("/hang", { agent: { ...agent, limits } })));
      expect(events.at(-1)?.event.metadata).toMatchObject({ status: "failed", code: "idle_timeout" });
    });

    it("a task that takes too long fails with total_timeout", async () => {
      const limits = { ...agent.limits, total_timeout_ms: 100 };
      const request = echoRequest(`/slow 20 ${"word ".repeat(500)}`, { agent: { ...agent, limits } });
      const events = await readAll((await acquire()).chat(request));
      expect(events.at(-1)?.event.metadata).toMatchObject({ status: "failed", code: "total_timeout" });
    });

    it("a thousand deltas at once all arrive in order", async () => {
      const events = await readAll((await acquire()).chat(echoRequest("/burst 1000")));
      expect(textOf(events)).toBe(Array.from({ length: 1000 }, (_, at) => `${at + 1} `).join(""));
    });

    it("a worker that dies is worker_lost for its readers, unhealthy, and replaced", async () => {
      const worker = await acquire();
      const running = iterate(worker.chat(echoRequest("/hang")));
      await running.next();
      await fixture.crash(worker.id);
      await expect(running.next()).rejects.toMatchObject({ code: "worker_lost" });
      expect(await fixture.driver.isHealthy(worker)).toBe(false);
      const next = await acquire();
      expect(next.id).not.toBe(worker.id);
      expect(statusOf(await readAll(next.chat(echoRequest("alive"))))).toBe("completed");
    });

    it("what a dead worker journaled can still be read, and ends without a last event", async () => {
      const worker = await acquire();
      const request = echoRequest("/hang");
      const running = iterate(worker.chat(request));
      await running.next();
      await fixture.crash(worker.id);
      await expect(running.next()).rejects.toMatchObject({ code: "worker_lost" });
      const next = await acquire();
      const { head, batches } = await next.attach({ taskId: request.task_id, attempt: 1, after: 0 });
      const rest = await readAll(batches);
      expect(head).toBe(rest.length);
      expect(typesOf(rest)).toEqual(["text"]);
    });

    it("a restarted hub finds the worker and the running attempt again", async () => {
      const worker = await acquire();
      const request = echoRequest("/slow 30 a b c d e f");
      const first = await iterate(worker.chat(request)).next();
      const seen = first.done ? [] : first.value;
      const again = fixture.again();
      const found = await again.find(worker.id);
      const attached = await found?.attach({ taskId: request.task_id, attempt: 1, after: seen.length });
      const all = [...seen, ...(attached ? await readAll(attached.batches) : [])];
      expect(textOf(all)).toBe("a b c d e f");
      expect((await again.acquire({ id: "s1" })).id).toBe(worker.id);
    });

    it("a restarted hub does not find a worker that died meanwhile", async () => {
      const worker = await acquire();
      await fixture.crash(worker.id);
      const again = fixture.again();
      expect(await again.find(worker.id)).toBeNull();
      expect((await again.list()).map(({ id }) => id)).not.toContain(worker.id);
    });

    it("workers are listed with health and process, and are healthy", async () => {
      const worker = await acquire();
      const listed = (await fixture.driver.list()).find(({ id }) => id === worker.id);
      expect(listed).toMatchObject({ healthy: true, activeSessions: 0, sandbox: { kind: expect.any(String) } });
      expect(await fixture.driver.isHealthy(worker)).toBe(true);
    });

    it("a released session's worker lives on for others", async () => {
      const worker = await acquire();
      await fixture.driver.release("s1");
      expect(await fixture.driver.isHealthy(worker)).toBe(true);
    });

    it("release with kill ends the worker at once", async () => {
      const worker = await acquire();
      const running = iterate(worker.chat(echoRequest("/hang")));
      await running.next();
      await fixture.driver.release("s1", { kill: true });
      await expect(running.next()).rejects.toMatchObject({ code: "worker_lost" });
      expect(await fixture.driver.isHealthy(worker)).toBe(false);
    });
  });
}
