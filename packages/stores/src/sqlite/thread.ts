// The store thread: the only place that writes and syncs the database, so that the event loop never waits for a disk.
import { parentPort, workerData } from "node:worker_threads";
import { migrate } from "../migrations/index.ts";
import { openSqlite, type SqliteDatabase, translateSqliteError } from "./database.ts";
import { execute } from "./executor.ts";
import type { Call, ThreadMessage } from "./message.ts";

const port = parentPort;
if (!port) throw new Error("the store thread is started by createSqliteStore");

let waiting: Call[] = [];
let isRunning = false;

async function drain(database: SqliteDatabase): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  while (waiting.length > 0) {
    const calls = waiting;
    waiting = [];
    port?.postMessage(await execute(database, calls));
    // Lets the messages that came meanwhile in, so that they share the next sync.
    await new Promise((wake) => setImmediate(wake));
  }
  isRunning = false;
}

try {
  const database = openSqlite((workerData as { path: string }).path);
  await migrate(database.db);
  port.on("message", (message: Call | "close") => {
    if (message === "close") {
      database.close();
      port.close();
      return;
    }
    waiting.push(message);
    if (waiting.length === 1) setImmediate(() => void drain(database));
  });
  port.postMessage({ ready: true } satisfies ThreadMessage);
} catch (error) {
  const { code, message, hint } = translateSqliteError(error);
  port.postMessage({ failed: { code, message, hint } } satisfies ThreadMessage);
}
