// One hub per home: an exclusive transaction on hub.lock that the kernel ends with the process, however it dies.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AnyWorkError, type ProcessRecord, processRecordSchema } from "@anywork/protocol";

export interface HubLock {
  /** Tells commands of this home where the hub listens. */
  announce(record: ProcessRecord): void;
  release(): void;
}

/** Throws home_locked, saying who holds it. */
export function takeHubLock(lockFile: string, runDir: string): HubLock {
  const announcement = join(runDir, "hub.json");
  const database = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;");
  } catch (cause) {
    database.close();
    throw new AnyWorkError("home_locked", `Another hub uses this home already${describe(announcement)}.`, {
      hint: "Open that one, stop it, or start this one with another --home.",
      cause,
    });
  }
  return {
    announce: (record) => writeFileSync(announcement, JSON.stringify(record), { mode: 0o600 }),
    release() {
      rmSync(announcement, { force: true });
      database.close();
    },
  };
}

function describe(announcement: string): string {
  const record = readHubRecord(announcement);
  return record ? `: process ${record.pid} at ${record.address}` : "";
}

function readHubRecord(path: string): ProcessRecord | null {
  try {
    return processRecordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // Without a record the refusal is less helpful, and still right.
  }
}
