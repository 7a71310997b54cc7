// Finding and ending whole process trees on Linux, by what /proc says. Elsewhere only the process group is known.
import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "../clock.ts";

const graceMs = 3_000;
const deadlineMs = 11_000;

/** Ends what `find` finds: SIGTERM, after 3 s SIGKILL, again and again until nothing is found or 11 s have passed. */
export async function endTree(find: () => number[]): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const elapsedMs = () => systemClock.monotonicMs() - startedMs;
  send(find(), "SIGTERM");
  for (let pauseMs = 5; elapsedMs() < deadlineMs; pauseMs = Math.min(pauseMs * 2, 100)) {
    const left = find();
    if (left.length === 0) return;
    if (elapsedMs() > graceMs) send(left, "SIGKILL");
    await systemClock.sleep(pauseMs);
  }
}

/** A negative pid means the process group. One that is gone already is no error. */
function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ESRCH" && code !== "EPERM") throw error;
    }
  }
}

/** Every living process below this one, itself not included. Empty where there is no /proc. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    const parent = parentOf(pid);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let next = children.get(root) ?? []; next.length > 0; next = next.flatMap((pid) => children.get(pid) ?? [])) {
    found.push(...next);
  }
  return found;
}

/** Every living process whose first environment holds `NAME=value`: also those that left their parent and session. */
export function processesWith(variable: string): number[] {
  return processIds().filter((pid) => {
    const environment = readProc(pid, "environ");
    return environment.split("\0").includes(variable) && parentOf(pid) !== null;
  });
}

function processIds(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** Null for a process that is gone or only waits to be reaped. */
function parentOf(pid: number): number | null {
  const stat = readProc(pid, "stat");
  // pid (name) state ppid …: the name may contain anything, so count from the last bracket (proc_pid_stat(5)).
  const [state = "X", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" || state === "Z" || state === "X" ? null : Number(parent);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // gone since it was listed, or not ours to read
  }
}
