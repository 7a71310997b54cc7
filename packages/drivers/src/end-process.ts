// Ends processes of ours that do not end themselves any more, with everything they started.
import { readdirSync, readFileSync } from "node:fs";

/** Ends the process, its group, and what it started in groups of their own (where the system lets us see that). */
export function endProcess(pid: number): void {
  // 0 and -1 mean "all of mine" to kill(2): a pid that was never known must not end this very process.
  if (!Number.isInteger(pid) || pid <= 1) return;
  const started = descendants(pid);
  signal(-pid);
  for (const one of started) {
    signal(-one);
    signal(one);
  }
}

function signal(target: number): void {
  try {
    process.kill(target, "SIGKILL");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

/** Read off /proc; empty where there is none, and for a process that is gone: what it left has another parent by then. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of listPids()) {
    const parent = parentOf(pid);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [...(children.get(root) ?? [])];
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at] ?? 0) ?? []));
  return found;
}

function listPids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // Not Linux.
  }
}

/** The fourth field of stat (proc(5)); the second is the program's name in brackets and may hold anything. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null; // It ended in between.
  }
}
