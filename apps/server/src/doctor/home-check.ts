import { accessSync, constants, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DoctorCheck } from "@anywork/protocol";
import { ok, problem, warning } from "./check.ts";

const othersMay = 0o077;
const keyBytes = 32;

/** The folder, and the two files in it that nobody else may read. */
export function checkHome(home: string, platform: NodeJS.Platform): DoctorCheck[] {
  const found = statOf(home);
  if (found === null) return [checkParent(home)];
  if (!found.isDirectory()) {
    const remedy = "Move that file away, or name a folder with ANYWORK_HOME or --home.";
    return [problem("home", `${home} is a file, not a folder.`, remedy)];
  }
  if (!isWritable(home)) {
    return [
      problem("home", `${home} cannot be written.`, "Make it writable, or name another with ANYWORK_HOME or --home."),
    ];
  }
  const hasRights = platform !== "win32"; // Windows keeps rights elsewhere
  const isOpen = hasRights && (found.mode & othersMay) !== 0;
  const folder = isOpen
    ? warning("home", `${home} can be looked into by other users of this machine.`, `chmod 700 ${home}`)
    : ok("home", `${home} is writable and yours alone.`);
  return [folder, ...["token", "master.key"].flatMap((name) => checkSecret(join(home, name), name, hasRights))];
}

function checkSecret(path: string, name: string, hasRights: boolean): DoctorCheck[] {
  const found = statOf(path);
  if (found === null) return []; // made by the first start
  if (hasRights && (found.mode & othersMay) !== 0) {
    return [problem(name, `${path} can be read by other users of this machine.`, `chmod 600 ${path}`)];
  }
  if (name === "master.key" && !holdsKey(path)) {
    const remedy = "Restore it from a backup; without it the keys that AnyWork kept cannot be read.";
    return [problem(name, `${path} does not hold a key of ${keyBytes} bytes.`, remedy)];
  }
  return [ok(name, "Readable by you alone.")];
}

function holdsKey(path: string): boolean {
  try {
    return Buffer.from(readFileSync(path, "utf8").trim(), "base64").length === keyBytes;
  } catch {
    return false; // What cannot be read holds no key for us; the check says so.
  }
}

function checkParent(home: string): DoctorCheck {
  let parent = dirname(home);
  while (statOf(parent) === null && parent !== dirname(parent)) parent = dirname(parent);
  if (statOf(parent)?.isDirectory() && isWritable(parent)) {
    return ok("home", `${home} does not exist yet; the first start makes it.`);
  }
  return problem(
    "home",
    `${home} cannot be made: ${parent} is not writable.`,
    "Name another with ANYWORK_HOME or --home.",
  );
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null; // Not there, or not for us to see: the callers say what that means.
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
