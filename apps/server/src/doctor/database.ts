import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DoctorCheck } from "@anywork/protocol";
import { ok, problem } from "./check.ts";
import type { RunningHub } from "./hub-check.ts";

const name = "database";
const restore = "Restore anywork.db from a backup, or move it away to begin with an empty one.";

/** The file is read through only when no hub uses it. */
export function checkDatabase(home: string, hub: RunningHub | null): DoctorCheck {
  const store = hub?.answers?.status.store;
  if (store?.healthy) return ok(name, "In use by the hub, which can write to it.");
  if (store) return problem(name, store.message ?? "The hub cannot write to it.", "Make space, or check the disk.");
  if (hub) return ok(name, "Not looked at: a hub holds it.");
  const path = join(home, "anywork.db");
  return existsSync(path) ? readThrough(path) : ok(name, "There is none yet; the first start makes it.");
}

function readThrough(path: string): DoctorCheck {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
    const [found] = database.prepare("PRAGMA quick_check(1)").all();
    const verdict = String(found?.quick_check);
    return verdict === "ok" ? ok(name, `${path} is sound.`) : problem(name, `${path} is damaged: ${verdict}`, restore);
  } catch (error) {
    return problem(name, `${path} cannot be read: ${(error as Error).message}.`, restore);
  } finally {
    database?.close();
  }
}
