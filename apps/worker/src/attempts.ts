// In: chat, cancel, answer, attach. Out: attempts, each with its journal and at most one running per session.
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { workspaceName } from "@anywork/guard";
import { AnyWorkError, type ChatRequest, type Resume, type WorkerHealth } from "@anywork/protocol";
import { createJournal, type Journal } from "./journal.ts";
import { measure, openJournal } from "./journal-file.ts";
import { type Run, startRun } from "./run.ts";
import type { Sessions } from "./sessions.ts";
import type { Source } from "./stream.ts";

const maxJournalBytes = 256 * 1024 * 1024;
/** An ended journal whose last event reached a reader is kept for so long, any other one for a week. */
const readKeepMs = 60 * 60 * 1000;
const keepMs = 7 * 24 * 60 * 60 * 1000;

/** Beside all that run, as many of the newest ended attempts are named in /health. */
const maxListedEnded = 100;

interface AttemptKey {
  taskId: string;
  attempt: number;
}

export interface Attempts {
  /** The attempt's journal; a repeat of the same attempt gets the one there is. Throws stale_lease, conflict. */
  start(request: ChatRequest): Promise<Source>;
  /** The journal of an attempt, also of one whose process died. Throws not_found. */
  find(key: AttemptKey): Promise<Source>;
  cancel(sessionId: string, taskId?: string): void;
  answer(taskId: string, answer: Resume): Promise<void>;
  forget(key: AttemptKey): void;
  /** The last event of the attempt reached somebody. */
  noteRead(source: Source): void;
  /** Removes journals that nobody will ask for any more. */
  sweep(): void;
  list(): WorkerHealth["attempts"];
  running(): { sessionId: string; taskId: string }[];
}

interface Attempt extends AttemptKey {
  sessionId: string;
  journal: Journal;
  run: Run;
}

export function createAttempts(options: { home: string; sessions: Sessions; maxJournalBytes?: number }): Attempts {
  const { home, sessions } = options;
  const attempts = new Map<string, Attempt>();
  /** The newest attempt of each session that has not come to its end. */
  const current = new Map<string, Attempt>();
  const readAtMs = new Map<string, number>();

  const pathOf = ({ taskId, attempt }: AttemptKey) => join(home, "journal", `${workspaceName(taskId)}.${attempt}.sse`);
  const alive = () => [...current.values()].filter(({ journal }) => !journal.isEnded);

  async function findOrNull(key: AttemptKey): Promise<Source | null> {
    const path = pathOf(key);
    const dead = attempts.has(path) ? null : await readDead(path);
    // Looked up again: what was just read may be an attempt that began in between.
    return attempts.get(path)?.journal ?? dead;
  }

  function launch(request: ChatRequest): Journal {
    const { task_id, attempt, session_id, agent, gateway, message, resume } = request;
    const path = pathOf({ taskId: task_id, attempt });
    const journal = createJournal(path, options.maxJournalBytes ?? maxJournalBytes);
    const open = () => sessions.open(session_id, agent.engine);
    const run = startRun({ journal, open, resume, task: { id: task_id, message, agent, gateway } });
    const launched = { taskId: task_id, attempt, sessionId: session_id, journal, run };
    attempts.set(path, launched);
    current.set(session_id, launched);
    void run.ended.then(async (isReusable) => {
      if (current.get(session_id) === launched) current.delete(session_id);
      if (!isReusable) await sessions.drop(session_id);
    });
    return journal;
  }

  return {
    async start(request) {
      sessions.fence(request.session_id, request.lease.token);
      const known = await findOrNull({ taskId: request.task_id, attempt: request.attempt });
      if (known) return known;
      // Nothing is awaited from here on, so no second attempt can slip in between.
      const other = current.get(request.session_id);
      if (other && !other.journal.isEnded)
        throw new AnyWorkError("conflict", `task ${other.taskId} runs in this session`);
      return launch(request);
    },
    async find(key) {
      const found = await findOrNull(key);
      if (!found) throw new AnyWorkError("not_found", `attempt ${key.attempt} of task ${key.taskId} is not known here`);
      return found;
    },
    cancel(sessionId, taskId) {
      for (const attempt of alive()) {
        if (attempt.sessionId === sessionId && (!taskId || attempt.taskId === taskId)) attempt.run.cancel();
      }
    },
    async answer(taskId, answer) {
      const attempt = alive().find((candidate) => candidate.taskId === taskId);
      if (!attempt) throw new AnyWorkError("not_found", `task ${taskId} does not run here`);
      await attempt.run.answer(answer);
    },
    forget(key) {
      const path = pathOf(key);
      if (attempts.get(path)?.journal.isEnded === false) throw new AnyWorkError("conflict", "the attempt still runs");
      attempts.delete(path);
      readAtMs.delete(path);
      rmSync(path, { force: true });
    },
    noteRead({ path }) {
      readAtMs.set(path, Date.now());
    },
    sweep() {
      for (const path of oldJournals(join(home, "journal"), readAtMs)) {
        if (attempts.get(path)?.journal.isEnded === false) continue;
        attempts.delete(path);
        readAtMs.delete(path);
        rmSync(path, { force: true });
      }
    },
    list: () =>
      [...[...attempts.values()].filter(({ journal }) => journal.isEnded).slice(-maxListedEnded), ...alive()].map(
        ({ taskId, attempt, journal }) => ({
          task_id: taskId,
          attempt,
          wseq: journal.head,
          running: !journal.isEnded,
        }),
      ),
    running: () => alive().map(({ sessionId, taskId }) => ({ sessionId, taskId })),
  };
}

/** The journal of a process that died: its whole frames, and nothing will follow them. */
async function readDead(path: string): Promise<Source | null> {
  if (!existsSync(path)) return null;
  const file = await openJournal(path);
  if (!file) return null;
  try {
    const { end, head } = await measure(file);
    return { path, head, size: end, isEnded: true, seek: () => 0, subscribe: () => () => undefined };
  } finally {
    await file.close();
  }
}

function oldJournals(folder: string, readAtMs: ReadonlyMap<string, number>): string[] {
  const now = Date.now();
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".sse"));
  } catch {
    return []; // No journal was written yet.
  }
  return names
    .map((name) => join(folder, name))
    .filter((path) => {
      const readAt = readAtMs.get(path);
      if (readAt !== undefined && now - readAt > readKeepMs) return true;
      const written = statSync(path, { throwIfNoEntry: false });
      return written !== undefined && now - written.mtimeMs > keepMs;
    });
}
