import { Worker } from "node:worker_threads";
import type { Store } from "@anywork/core";
import { AnyWorkError } from "@anywork/protocol";
import type { OpName } from "../ops/index.ts";
import { createStore } from "../store.ts";
import { type Answer, receivedError, type ThreadMessage } from "./message.ts";

export interface SqliteOptions {
  /** The database file, or ":memory:". */
  path: string;
  /** Where the store thread's program lies; given when it was built into another file. */
  threadUrl?: URL;
}

/** Opens the database on a thread of its own and brings its schema up to date. Throws store_unavailable, disk_full. */
export async function createSqliteStore({ path, threadUrl }: SqliteOptions): Promise<Store> {
  const thread = new Worker(threadUrl ?? new URL("./thread.ts", import.meta.url), {
    workerData: { path },
    // Rows pass through; a larger nursery would only be memory at rest.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const calls = new Map<number, { resolve: (output: unknown) => void; reject: (error: unknown) => void }>();
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  let nextId = 1;
  let isDead = false;

  function onMessage(message: ThreadMessage | Answer[]): void {
    if (Array.isArray(message)) for (const answer of message) settle(answer);
    else if ("failed" in message) started.reject(receivedError(message.failed));
    else started.resolve();
  }

  function settle(answer: Answer): void {
    const call = calls.get(answer.id);
    calls.delete(answer.id);
    if (answer.ok) call?.resolve(answer.output);
    else call?.reject(receivedError(answer.error));
  }

  function onEnd(cause?: unknown): void {
    isDead = true;
    const error = new AnyWorkError("store_unavailable", "The store thread has ended.", { cause });
    started.reject(error);
    for (const call of calls.values()) call.reject(error);
    calls.clear();
    ended.resolve();
  }

  thread.on("message", onMessage);
  thread.on("error", onEnd);
  thread.on("exit", () => onEnd());

  function run(name: OpName, input: unknown): Promise<never> {
    if (isDead) return Promise.reject(new AnyWorkError("store_unavailable", "The store is closed."));
    return new Promise((resolve, reject) => {
      const id = nextId++;
      calls.set(id, { resolve: resolve as (output: unknown) => void, reject });
      thread.postMessage({ id, name, input });
    });
  }

  try {
    await started.promise;
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  return createStore(run, async () => {
    if (isDead) return;
    thread.postMessage("close");
    await ended.promise;
  });
}
