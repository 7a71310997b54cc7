// What a program and all it started use, read from /proc (proc(5)): CPU of every thread, and memory.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const tickMs = 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

interface Stat {
  pid: number;
  state: string;
  parent: number;
  cpuMs: number;
}

/** CPU is utime + stime of all threads, and of the children that ended and were waited for. */
function readStat(pid: number): Stat | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid, state: fields[0] ?? "", parent: Number(fields[1]), cpuMs: ticks * tickMs };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // It has ended meanwhile.
  }
}

/** The process and all that descend from it. */
function statsOf(root: number): Stat[] {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));
  const tree = all.filter((stat) => stat.pid === root);
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

export const treeOf = (root: number): number[] => statsOf(root).map((stat) => stat.pid);
export const treeCpuMs = (root: number): number => statsOf(root).reduce((sum, stat) => sum + stat.cpuMs, 0);

export function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.state !== "Z";
}

export interface Memory {
  rssMiB: number;
  /** Shared pages counted once for all who share them. */
  pssMiB: number;
}

export function memoryOf(pids: number[]): Memory {
  const texts = pids.map((pid) => readText(`/proc/${pid}/smaps_rollup`) ?? "");
  const sum = (field: string) => {
    const kilobytes = texts.map((text) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0));
    return kilobytes.reduce((total, value) => total + value, 0) / 1024;
  };
  return { rssMiB: sum("Rss"), pssMiB: sum("Pss") };
}
