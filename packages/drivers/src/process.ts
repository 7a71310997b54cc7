// The process driver: workers are detached processes on Unix sockets, each serving many sessions. They outlive the
// hub; a driver that starts anew finds them by their records in run/.
import type { Driver, Log, WorkerHandle, WorkerInfo } from "@anywork/core";
import { AnyWorkError, type ProcessRecord, type WorkerHealth, workerHealthSchema } from "@anywork/protocol";
import { endProcess } from "./end-process.ts";
import { askHealth, findProcesses, forgetProcess, isAlive } from "./process-record.ts";
import { startProcess } from "./start-process.ts";
import { createWorkerHandle, type ProcessHandle } from "./worker-handle.ts";

export interface ProcessDriverOptions {
  home: string;
  runDir: string;
  /** argv of a worker process. */
  command: string[];
  version: string;
  /** The whole environment of a worker. See childEnvironment. */
  env: Record<string, string>;
  maxWorkers?: number;
  sessionsPerWorker?: number;
  /** A worker ends itself when no hub asked for it for so long and nothing runs. */
  orphanExitMs: number;
  sandbox: { mode: "auto" | "none"; network: boolean };
  log: Log;
}

export interface ProcessDriver extends Driver {
  /** Starts the first worker ahead of the first task. */
  warm(): Promise<void>;
  /** Lets go of all workers; they live on. */
  close(): void;
}

/** Each waits two seconds. */
const patientTries = 5;

interface Worker {
  record: ProcessRecord;
  handle: ProcessHandle;
  sessions: Set<string>;
  /** Started by this hub: its end is seen at once. Otherwise it is asked for its health before it is given away. */
  isChild: boolean;
  /** Of another version: it finishes what it runs and gets nothing new. */
  isDraining: boolean;
  /** A connection to it broke: under way is a look whether it still lives. */
  check: Promise<void> | null;
}

export function createProcessDriver(options: ProcessDriverOptions): ProcessDriver {
  const { maxWorkers = 4, sessionsPerWorker = 64, runDir, log } = options;
  const workers = new Map<string, Worker>();
  let starting: Promise<void> | null = null;
  let recovered: Promise<void> | null = null;
  const noteFailure = (error: unknown): void => log.error({ error }, "a worker could not be looked after");
  const beat = setInterval(() => void keepAlive().catch(noteFailure), Math.max(options.orphanExitMs / 4, 50));
  beat.unref();

  function adopt(record: ProcessRecord, kind: Pick<Worker, "isChild" | "isDraining">): Worker {
    const handle = createWorkerHandle(record, () => {
      worker.check = dropIfGone(record).catch(noteFailure);
    });
    const worker: Worker = { record, handle, sessions: new Set(), check: null, ...kind };
    workers.set(record.id, worker);
    return worker;
  }

  function drop(record: ProcessRecord, why: string): void {
    const worker = workers.get(record.id);
    if (!worker) return;
    workers.delete(record.id);
    worker.handle.client.close();
    forgetProcess(runDir, record);
    log.warn({ worker: record.id, why }, "a worker is gone");
  }

  async function dropIfGone(record: ProcessRecord): Promise<void> {
    if ((await askHealth(record)) !== "gone") return;
    drop(record, "it does not listen any more");
    // Its group may hold what it left behind; but a pid that lives again belongs to somebody else.
    if (!isAlive(record.pid)) endProcess(record.pid);
  }

  /** Takes up the workers a former hub left, once. */
  function recover(): Promise<void> {
    recovered ??= (async () => {
      for (const { record, health } of await findProcesses(runDir, "worker")) {
        const worker = adopt(record, { isChild: false, isDraining: record.version !== options.version });
        const parsed = workerHealthSchema.safeParse(health);
        if (!parsed.success) continue;
        // One that dies just now has none; the rest are found all the same.
        for (const session of await runningSessions(worker).catch(() => [])) worker.sessions.add(session);
        log.info({ worker: record.id, sessions: worker.sessions.size }, "found a worker again");
      }
    })();
    return recovered;
  }

  async function start(): Promise<void> {
    const { home, command, version, env, orphanExitMs, sandbox } = options;
    const boot = { orphan_exit_ms: orphanExitMs, sandbox };
    const { record, exited } = await startProcess({ kind: "worker", home, runDir, command, version, env, boot });
    adopt(record, { isChild: true, isDraining: false });
    void exited.then((why) => {
      drop(record, why);
      endProcess(record.pid); // What it started and left behind.
    });
  }

  function place(sessionId: string): Worker | null {
    const usable = [...workers.values()].filter((worker) => !worker.isDraining);
    const sticky = usable.find((worker) => worker.sessions.has(sessionId));
    if (sticky) return sticky;
    const [best] = usable.sort((a, b) => a.sessions.size - b.sessions.size);
    return best && best.sessions.size < sessionsPerWorker ? best : null;
  }

  async function acquire({ id }: { id: string }): Promise<WorkerHandle> {
    await recover();
    for (;;) {
      const worker = place(id);
      if (worker) {
        worker.sessions.add(id);
        await worker.check;
        if (!workers.has(worker.record.id)) continue;
        if (worker.isChild || (await isAnswering(worker))) return worker.handle;
        giveUp(worker);
        continue;
      }
      if (!starting && countUsable() >= maxWorkers) throw allTaken(maxWorkers);
      starting ??= start().finally(() => {
        starting = null;
      });
      await starting;
    }
  }

  const countUsable = () => [...workers.values()].filter((worker) => !worker.isDraining).length;

  /** A worker of a former hub that does not answer: it may keep what it runs, and gets nothing new. */
  function giveUp(worker: Worker): void {
    worker.sessions.clear();
    worker.isDraining = true;
  }

  /** One worker stays warm; one more that has nothing to do gets no beat and ends itself. */
  async function keepAlive(): Promise<void> {
    const all = [...workers.values()];
    const idle = all.filter((worker) => worker.sessions.size === 0 && !worker.isDraining);
    const spare = new Set(all.length === idle.length ? idle.slice(1) : idle);
    await Promise.all(all.filter((worker) => !spare.has(worker)).map(beatOne));
  }

  async function beatOne(worker: Worker): Promise<void> {
    const state = await askHealth(worker.record);
    if (state === "gone") return dropIfGone(worker.record);
    if (state === "silent" || !worker.isDraining) return;
    const health = workerHealthSchema.safeParse(state.health);
    if (health.success && !health.data.attempts.some((attempt) => attempt.running)) terminate(worker.record);
  }

  return {
    acquire,
    async find(workerId) {
      await recover();
      const worker = workers.get(workerId);
      return worker && (await isThere(worker)) ? worker.handle : null;
    },
    async list() {
      await recover();
      return Promise.all([...workers.values()].map(describe));
    },
    async isHealthy({ id }) {
      await recover();
      const worker = workers.get(id);
      return worker !== undefined && (await isAnswering(worker));
    },
    async release(sessionId, release) {
      for (const worker of workers.values()) {
        if (!worker.sessions.delete(sessionId) || !release?.kill) continue;
        drop(worker.record, "the hub gave it up");
        endProcess(worker.record.pid);
      }
    },
    async warm() {
      await recover();
      if (countUsable() > 0) return;
      starting ??= start().finally(() => {
        starting = null;
      });
      await starting;
    },
    close() {
      clearInterval(beat);
      for (const worker of workers.values()) worker.handle.client.close();
    },
  };
}

async function readHealth(worker: Worker): Promise<WorkerHealth | null> {
  const state = await askHealth(worker.record);
  return typeof state === "string" ? null : (workerHealthSchema.safeParse(state.health).data ?? null);
}

/** One that is busy gets time: to take it for dead would give its sessions a second writer. */
async function isThere({ record }: Worker): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    const state = await askHealth(record);
    if (state !== "silent") return state !== "gone";
    if (tries === patientTries) return false;
  }
}

const isAnswering = async (worker: Worker) => (await readHealth(worker)) !== null;

async function runningSessions(worker: Worker): Promise<string[]> {
  const reply = (await worker.handle.client.json("GET", "/sessions")) as {
    sessions: { id: string; running: boolean }[];
  };
  return reply.sessions.filter((session) => session.running).map((session) => session.id);
}

async function describe(worker: Worker): Promise<WorkerInfo> {
  const health = await readHealth(worker);
  const { id, pid, startedAt } = worker.record;
  return {
    id,
    driver: "process",
    healthy: health !== null,
    activeSessions: health?.active_sessions ?? worker.sessions.size,
    pid,
    startedAt,
    sandbox: health?.sandbox ?? null,
  };
}

function terminate(record: ProcessRecord): void {
  try {
    process.kill(record.pid, "SIGTERM");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

function allTaken(maxWorkers: number): AnyWorkError {
  return new AnyWorkError("worker_unavailable", `all ${maxWorkers} workers have as many sessions as they may`, {
    hint: "Wait for a task to end, or raise the number of workers in config.yaml.",
  });
}
