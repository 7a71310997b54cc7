import type { Driver, WorkerHandle } from "@anywork/core";
import { AnyWorkError, type ChatRequest, canceled, type TaskEvent, type WorkerEvent } from "@anywork/protocol";

/** One attempt in the scripted worker: a journal that the test writes. */
export interface FakeAttempt {
  request: ChatRequest;
  /** Journals events and sends them to whoever reads. */
  say(...events: TaskEvent[]): void;
  /** Breaks the connection of whoever reads; the journal stays. */
  cut(): void;
  /** The journal ends where it is. */
  end(): void;
}

export interface FakeDriver extends Driver {
  /** The attempt of a task's message once the worker has it. */
  attemptOf(message: string): FakeAttempt | undefined;
  /** What was asked of it, in order: "acquire s", "chat hello", "attach hello 3", "cancel hello", "kill s". */
  readonly asked: string[];
  /** False: it is gone, for health and for finding. */
  isAlive: boolean;
  /** True: it hears a cancel and does nothing. */
  isDeaf: boolean;
  /** When set, it is called with each attempt as it begins. */
  script: ((attempt: FakeAttempt) => void) | null;
  /** When set, a chat is refused with it. */
  refusal: AnyWorkError | null;
  /** When set, the next prepare is refused with it, once. */
  unready: AnyWorkError | null;
  /** When set, acquiring waits for it. */
  gate: Promise<void> | null;
}

interface Journal extends FakeAttempt {
  events: WorkerEvent[];
  isEnded: boolean;
  cuts: number;
  wake(): void;
  changed(): Promise<void>;
}

/** A worker whose every word is the test's. */
export function createFakeDriver(): FakeDriver {
  const journals = new Map<string, Journal>();
  const asked: string[] = [];
  const messageOf = (taskId: string) => journals.get(taskId)?.request.message ?? taskId;

  async function* read(journal: Journal, after: number, signal?: AbortSignal): AsyncGenerator<WorkerEvent[]> {
    const cuts = journal.cuts;
    signal?.addEventListener("abort", () => journal.wake(), { once: true });
    for (let from = after; ; ) {
      if (signal?.aborted) throw signal.reason;
      if (journal.cuts > cuts) throw new AnyWorkError("worker_lost", "the connection broke");
      const batch = journal.events.slice(from);
      from += batch.length;
      if (batch.length > 0) yield batch;
      const last = journal.events.at(-1)?.event.type;
      if (from === journal.events.length && (last === "done" || last === "parked" || journal.isEnded)) return;
      if (from === journal.events.length) await journal.changed();
    }
  }

  const handle: WorkerHandle = {
    id: "worker-1",
    async prepare() {
      const { unready } = driver;
      driver.unready = null;
      if (unready) throw unready;
    },
    chat(request, signal) {
      asked.push(`chat ${request.message}`);
      if (driver.refusal) return refuse(driver.refusal);
      const journal = createJournal(request);
      journals.set(request.task_id, journal);
      driver.script?.(journal);
      return read(journal, 0, signal);
    },
    async attach({ taskId, after }, signal) {
      asked.push(`attach ${messageOf(taskId)} ${after}`);
      const journal = journals.get(taskId);
      if (!journal) throw new AnyWorkError("not_found", "this attempt is not known here");
      return { head: journal.events.length, batches: read(journal, after, signal) };
    },
    async cancel({ task_id = "" }) {
      asked.push(`cancel ${messageOf(task_id)}`);
      if (!driver.isDeaf) journals.get(task_id)?.say(canceled());
    },
    answer: async () => undefined,
    forget: async () => undefined,
  };

  const driver: FakeDriver = {
    asked,
    isAlive: true,
    isDeaf: false,
    script: null,
    refusal: null,
    unready: null,
    gate: null,
    attemptOf: (message) => [...journals.values()].findLast(({ request }) => request.message === message),
    async acquire({ id }) {
      asked.push(`acquire ${id}`);
      await driver.gate;
      return handle;
    },
    find: async () => (driver.isAlive ? handle : null),
    list: async () => [],
    isHealthy: async () => driver.isAlive,
    async release(sessionId, options) {
      if (options?.kill) asked.push(`kill ${sessionId}`);
    },
  };
  return driver;
}

async function* refuse(error: AnyWorkError): AsyncGenerator<WorkerEvent[]> {
  yield await Promise.reject(error);
}

function createJournal(request: ChatRequest): Journal {
  let waiting: (() => void)[] = [];
  const journal: Journal = {
    request,
    events: [],
    isEnded: false,
    cuts: 0,
    wake() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    changed: () => new Promise((wake) => waiting.push(wake)),
    say(...events) {
      if (journal.events.at(-1)?.event.type === "done") return;
      for (const event of events) journal.events.push({ wseq: journal.events.length + 1, event });
      journal.wake();
    },
    cut() {
      journal.cuts += 1;
      journal.wake();
    },
    end() {
      journal.isEnded = true;
      journal.wake();
    },
  };
  return journal;
}
