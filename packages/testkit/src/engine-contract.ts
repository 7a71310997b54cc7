import type { Engine, EngineTask, SessionSpec } from "@anywork/engines";
import { type Resume, type TaskEvent, type TaskEventOf, taskEventSchema } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

export interface EngineUnderTest {
  engine: Engine;
  /** A fresh session; its folders exist. */
  session(): Promise<SessionSpec>;
  /** A task with this message, ready to run. */
  task(message: string): EngineTask;
  /** What to say to this engine for each case. */
  messages: {
    /** Answered with a text that contains `answered`. */
    answer: string;
    answered: string;
    /** Shows something, then runs until it is canceled. */
    hang: string;
    /** Fails. */
    fail: string;
    /** Where the engine can park: parks, and says `answered` when allowed. */
    park?: string;
    /** Where the engine can ask while it runs: asks, and says `answered` when allowed. */
    ask?: string;
  };
  close(): Promise<void>;
}

interface RunOptions {
  resume?: Resume;
  /** Aborted before it begins. */
  canceled?: boolean;
  /** Aborted after the first event for which this is true. */
  cancelAfter?: (event: TaskEvent) => boolean;
  onEvent?: (event: TaskEvent) => void;
}

/** The laws of the engine port. Each engine's own test calls it. */
export function engineContract(name: string, create: () => Promise<EngineUnderTest>): void {
  describe(`engine contract: ${name}`, () => {
    let subject: EngineUnderTest;
    beforeEach(async () => {
      subject = await create();
    });
    afterEach(() => subject.close());

    const openSession = async () => subject.engine.open(await subject.session());

    it("answers with text deltas and ends with one done, completed, whose result is the text", async () => {
      const session = await openSession();
      const events = await collect(session, subject.task(subject.messages.answer));
      const text = textOf(events);
      expect(text).toContain(subject.messages.answered);
      expect(doneOf(events).metadata).toMatchObject({ status: "completed", retryable: false, result: text });
      expectLawful(events);
      await session.close();
    });

    it("reports usage when it says so", async () => {
      const session = await openSession();
      const events = await collect(session, subject.task(subject.messages.answer));
      const usage = events.filter((event) => event.type === "usage");
      if (subject.engine.capabilities.usage) expect(usage.length).toBe(doneOf(events).metadata.num_turns);
      else expect(usage).toEqual([]);
      await session.close();
    });

    it("ends a canceled run with done, canceled, and nothing after it", async () => {
      const session = await openSession();
      const events = await collect(session, subject.task(subject.messages.hang), { cancelAfter: () => true });
      expect(doneOf(events).metadata).toMatchObject({ status: "canceled", reason: "canceled" });
      expectLawful(events);
      await session.close();
    });

    it("ends a run that was canceled before it began with done, canceled, alone", async () => {
      const session = await openSession();
      const events = await collect(session, subject.task(subject.messages.answer), { canceled: true });
      expect(events.map((event) => event.type)).toEqual(["done"]);
      expect(doneOf(events).metadata.status).toBe("canceled");
      await session.close();
    });

    it("tells a failure by one error and done, failed, with the same code: it never throws", async () => {
      const session = await openSession();
      const events = await collect(session, subject.task(subject.messages.fail));
      const errors = events.filter((event) => event.type === "error");
      expect(errors).toHaveLength(1);
      expect(events.at(-2)).toBe(errors[0]);
      const done = doneOf(events).metadata;
      expect(done).toMatchObject({ status: "failed", code: errors[0]?.metadata.code });
      expect(errors[0]?.content).not.toBe("");
      expectLawful(events);
      await session.close();
    });

    it("runs one task after the other in one session, also after a failed and a canceled one", async () => {
      const session = await openSession();
      const statuses: string[] = [];
      for (const message of ["answer", "fail", "answer", "hang", "answer"] as const) {
        const cancelAfter = () => message === "hang";
        const events = await collect(session, subject.task(subject.messages[message]), { cancelAfter });
        statuses.push(doneOf(events).metadata.status);
      }
      expect(statuses).toEqual(["completed", "failed", "completed", "canceled", "completed"]);
      await session.close();
    });

    it("keeps sessions apart: they run at the same time", async () => {
      const [one, two] = await Promise.all([openSession(), openSession()]);
      const hanging = new AbortController();
      const first = one.run(subject.task(subject.messages.hang), {}, hanging.signal)[Symbol.asyncIterator]();
      await first.next();
      const events = await collect(two, subject.task(subject.messages.answer));
      expect(doneOf(events).metadata.status).toBe("completed");
      hanging.abort();
      const rest: TaskEvent[] = [];
      for (let next = await first.next(); !next.done; next = await first.next()) rest.push(next.value);
      expect(doneOf(rest).metadata.status).toBe("canceled");
      await Promise.all([one.close(), two.close()]);
    });

    it("parks with its approvals listed and goes on when a later run brings the answer", async (context) => {
      const { park } = subject.messages;
      if (!subject.engine.capabilities.park || park === undefined) return context.skip("the engine cannot park");
      const session = await openSession();
      const task = subject.task(park);
      const first = await collect(session, task);
      const parked = first.at(-1);
      const asked = first.filter((event) => event.type === "approval_request");
      expect(parked).toMatchObject({ type: "parked" });
      const ids = asked.map((event) => event.metadata.approval_id);
      expect(parked?.metadata).toEqual({ approvals: ids });
      expectLawful(first);
      const [approval_id = ""] = ids;
      const second = await collect(session, task, { resume: { approval_id, decision: "allow" } });
      expect(textOf(second)).toContain(subject.messages.answered);
      expect(doneOf(second).metadata.status).toBe("completed");
      await session.close();
    });

    it("hears an answer while it runs, and refuses one to an approval that is not open", async (context) => {
      const { ask } = subject.messages;
      if (!subject.engine.capabilities.approvals || ask === undefined) return context.skip("the engine does not ask");
      const session = await openSession();
      const answer = { approval_id: "unknown", decision: "allow" } as const;
      await expect(session.answer(answer)).rejects.toMatchObject({ code: "not_found" });
      const answering: Promise<void>[] = [];
      const events = await collect(session, subject.task(ask), {
        onEvent: (event) => {
          if (event.type !== "approval_request") return;
          const { approval_id } = event.metadata;
          setImmediate(() => answering.push(session.answer({ approval_id, decision: "allow" })));
        },
      });
      await Promise.all(answering);
      expect(textOf(events)).toContain(subject.messages.answered);
      await session.close();
    });

    it("closes twice without complaint", async () => {
      const session = await openSession();
      await collect(session, subject.task(subject.messages.answer));
      await session.close();
      await session.close();
    });
  });
}

type Session = Awaited<ReturnType<Engine["open"]>>;

async function collect(session: Session, task: EngineTask, options: RunOptions = {}): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  const controller = new AbortController();
  if (options.canceled) controller.abort();
  const run = session.run(task, { resume: options.resume }, controller.signal);
  for await (const event of run) {
    events.push(event);
    options.onEvent?.(event);
    if (options.cancelAfter?.(event)) controller.abort();
  }
  return events;
}

/** Every event fits the protocol, and exactly one terminal event comes, as the last one. */
function expectLawful(events: TaskEvent[]): void {
  for (const event of events) expect(taskEventSchema.safeParse(event).error).toBeUndefined();
  const ends = events.filter((event) => event.type === "done" || event.type === "parked");
  expect(ends).toEqual([events.at(-1)]);
}

function doneOf(events: TaskEvent[]): TaskEventOf<"done"> {
  const last = events.at(-1);
  if (last?.type !== "done") throw new Error(`the last event is ${last?.type}, not done`);
  return last;
}

const textOf = (events: TaskEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.content : "")).join("");
