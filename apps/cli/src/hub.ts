// Finds the hub of a home: what it wrote about itself in run/hub.json, and the owner's token beside it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, createApiClient } from "@anywork/client";
import { type ProcessRecord, processRecordSchema } from "@anywork/protocol";
import { Complaint, exitCodes } from "./exit-codes.ts";

export interface RunningHub {
  /** http://host:port */
  address: string;
  pid: number;
  token: string;
}

/** The hub that announced itself here and whose process lives. */
export function findHub(home: string): Omit<RunningHub, "token"> | null {
  const record = readRecord(join(home, "run", "hub.json"));
  if (record === null || !isAlive(record.pid)) return null;
  // Where a hub on all interfaces listens is no address that can be called everywhere.
  const address = record.address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  return { address, pid: record.pid };
}

/** Throws a Complaint (exit code 3) when no hub answers. The token is not sent before one did. */
export async function openHub(home: string): Promise<RunningHub> {
  const found = findHub(home);
  if (found === null) throw noHub(home);
  try {
    await createApiClient({ baseUrl: found.address }).call("health", { signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) throw error;
    throw noHub(home);
  }
  return { ...found, token: readToken(home) };
}

export function noHub(home: string): Complaint {
  return new Complaint(`No hub is running with ${home}.`, "Start it with: anywork up", exitCodes.noHub);
}

/** Throws a Complaint when there is none or it cannot be read. */
export function readToken(home: string): string {
  const path = join(home, "token");
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      const hint = "The first start makes one: anywork up";
      throw new Complaint(`There is no token in ${home} yet.`, hint, exitCodes.failed);
    }
    throw new Complaint(`${path} cannot be read: ${message}.`, "Ask as the user that runs the hub.", exitCodes.failed);
  }
}

function readRecord(path: string): ProcessRecord | null {
  try {
    return processRecordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // Not there, or torn by a crash: no hub can be found by it.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
