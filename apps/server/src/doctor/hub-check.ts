import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { api, type DoctorCheck, type ProcessRecord, processRecordSchema, type Status } from "@anywork/protocol";
import type { ServerConfig } from "../config.ts";
import { version } from "../version.ts";
import { ok, problem, warning } from "./check.ts";

/** The hub of this home, asked by its own API. */
export interface RunningHub {
  record: ProcessRecord;
  /** Null: it holds the home, and does not answer. */
  answers: { status: Status; workers: { healthy: boolean }[] } | null;
}

const deadlineMs = 5_000;

export async function findRunningHub(home: string): Promise<RunningHub | null> {
  if (!isLocked(join(home, "hub.lock"))) return null;
  const record = readRecord(join(home, "run", "hub.json"));
  if (record === null) return null;
  try {
    const ask = async (path: string) => {
      const headers = { authorization: `Bearer ${readFileSync(join(home, "token"), "utf8").trim()}` };
      const response = await fetch(record.address + path, { headers, signal: AbortSignal.timeout(deadlineMs) });
      return await response.json();
    };
    const [status, workers] = await Promise.all([ask(api.status.path), ask(api.workers.path)]);
    return {
      record,
      answers: { status: api.status.reply.parse(status), workers: api.workers.reply.parse(workers).workers },
    };
  } catch {
    return { record, answers: null }; // The check says that it does not answer.
  }
}

export async function checkHub(
  home: string,
  hub: RunningHub | null,
  config: ServerConfig | null,
): Promise<DoctorCheck> {
  if (hub?.answers) return checkVersion(hub.record, hub.answers.status);
  if (hub) {
    const { pid, address } = hub.record;
    const remedy = `See ${join(home, "logs", "hub.log")}; end it with: kill ${pid}. Then: anywork up`;
    return problem("hub", `Process ${pid} holds this home and does not answer at ${address}.`, remedy);
  }
  if (config === null) return ok("hub", "Not running.");
  const { host, port } = config;
  const why = port === 0 ? null : await whyNotFree(host, port);
  if (why === null) return ok("hub", port === 0 ? "Not running." : `Not running; port ${port} is free.`);
  if (why === "EADDRINUSE") {
    const remedy = `Take another port: anywork up --port ${port + 1}`;
    return problem("hub", `Not running, and another program uses port ${port} on ${host}.`, remedy);
  }
  return problem(
    "hub",
    `Not running, and it cannot listen on ${host}:${port}: ${why}.`,
    "Choose another --host or --port.",
  );
}

function checkVersion({ pid, address }: ProcessRecord, status: Status): DoctorCheck {
  const where = `Running at ${address}, process ${pid}`;
  if (status.version === version) return ok("hub", `${where}.`);
  return warning("hub", `${where}, with version ${status.version}; this is ${version}.`, "Stop it and start it again.");
}

/** A running hub holds an exclusive transaction on the file for as long as it lives. */
function isLocked(path: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    database.prepare("SELECT 1 FROM sqlite_schema").all();
    return false;
  } catch (error) {
    return (error as { errcode?: number }).errcode === 5; // SQLITE_BUSY; no file, no hub
  } finally {
    database?.close();
  }
}

function readRecord(path: string): ProcessRecord | null {
  try {
    return processRecordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // A hub that is just starting has not written it yet.
  }
}

/** Null when one could listen there, else the system's code. */
function whyNotFree(host: string, port: number): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
