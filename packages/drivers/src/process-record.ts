// run/<id>.json: how processes of ours say where they listen. Written by each process itself, read by every hub.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessRecord, processRecordSchema } from "@anywork/protocol";
import { createUnixClient } from "./unix-client.ts";

const healthTimeoutMs = 2_000;
const retryMs = 20;

export interface FoundProcess {
  record: ProcessRecord;
  /** What its GET /health said; null when it holds its socket and does not answer. */
  health: unknown;
}

/** The living processes of a kind, the newest first. Records and sockets of dead ones are removed. */
export async function findProcesses(runDir: string, kind: ProcessRecord["kind"]): Promise<FoundProcess[]> {
  const records = readRecords(runDir).filter((record) => record.kind === kind);
  records.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const found = await Promise.all(records.map(async (record) => ({ record, state: await askHealth(record) })));
  for (const { record, state } of found) if (state === "gone") forgetProcess(runDir, record);
  return found.flatMap(({ record, state }) =>
    state === "gone" ? [] : [{ record, health: state === "silent" ? null : state.health }],
  );
}

/** Gone: nobody listens there any more. Silent: somebody does, and does not answer within 2 s. */
export async function askHealth(record: ProcessRecord): Promise<{ health: unknown } | "silent" | "gone"> {
  const client = createUnixClient(record);
  const signal = AbortSignal.timeout(healthTimeoutMs);
  try {
    for (;;) {
      if (!isAlive(record.pid)) return "gone";
      const health = await client.json("GET", "/health", undefined, signal).catch(reasonOf);
      if (health === "ECONNREFUSED" || health === "ENOENT") return "gone";
      // A process in the midst of dying takes a connection and resets it; the next one tells.
      if (health === "ECONNRESET" && !signal.aborted) await sleep(retryMs);
      else return typeof health === "string" ? "silent" : { health };
    }
  } finally {
    client.close();
  }
}

const reasonOf = (thrown: Error) => (thrown.cause as NodeJS.ErrnoException | undefined)?.code ?? thrown.message;

function readRecords(runDir: string): ProcessRecord[] {
  let names: string[];
  try {
    names = readdirSync(runDir).filter((name) => name.endsWith(".json"));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
  return names.flatMap((name) => readRecord(join(runDir, name)) ?? []);
}

function readRecord(path: string): ProcessRecord | null {
  try {
    return processRecordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // Removed in between, or torn by a crash: a record nobody can use is as good as none.
  }
}

export function forgetProcess(runDir: string, record: ProcessRecord): void {
  rmSync(join(runDir, `${record.id}.json`), { force: true });
  // A gateway's successor listens in the same place.
  const isTaken = readRecords(runDir).some(({ address }) => address === record.address);
  if (!isTaken) rmSync(record.address, { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
