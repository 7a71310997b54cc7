// Every model call, one line of JSON each, kept until the hub has settled it: a hub that was away misses nothing.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type GatewayUsage, gatewayUsageSchema } from "@anywork/protocol";

const compactAtBytes = 256 * 1024;

export interface UsageJournal {
  add(usage: Omit<GatewayUsage, "n">): void;
  /** The unsettled calls with a number above `after`, in order. */
  list(after: number): GatewayUsage[];
  /** Forgets all up to n. */
  settle(n: number): void;
  close(): void;
}

/** `onError` hears of a disk that refuses: what is in memory can still be settled, and calls go on. */
export function openUsageJournal(path: string, onError: (error: unknown) => void): UsageJournal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const loaded = load(path);
  let open = loaded.open;
  let next = loaded.last + 1;
  let fd = rewrite(path, open, loaded.last);
  let bytes = 0;

  const writeLine = (value: unknown) => {
    try {
      bytes += writeSync(fd, `${JSON.stringify(value)}\n`);
    } catch (error) {
      onError(error);
    }
  };

  return {
    add(usage) {
      const entry = { n: next, ...usage };
      next++;
      open.push(entry);
      writeLine(entry);
    },
    list: (after) => open.filter((entry) => entry.n > after),
    settle(n) {
      open = open.filter((entry) => entry.n > n);
      if (bytes < compactAtBytes) return writeLine({ settled: n });
      closeSync(fd);
      fd = rewrite(path, open, next - 1);
      bytes = 0;
    },
    close: () => closeSync(fd),
  };
}

/** A whole new file, put in the old one's place; its first line keeps the numbers growing when all is settled. */
function rewrite(path: string, open: GatewayUsage[], last: number): number {
  const lines = [{ last }, ...open].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(`${path}.new`, lines.join(""), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return openSync(path, "a", 0o600);
}

function load(path: string): { open: GatewayUsage[]; last: number } {
  let open: GatewayUsage[] = [];
  let last = 0;
  for (const line of readLines(path)) {
    const value = parseLine(line);
    const usage = gatewayUsageSchema.safeParse(value);
    if (usage.success) open.push(usage.data);
    last = Math.max(last, usage.data?.n ?? 0, value.last ?? 0);
    const { settled } = value;
    if (settled !== undefined) open = open.filter((entry) => entry.n > settled);
  }
  return { open, last };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

/** A line that a crash tore counts for nothing. */
function parseLine(line: string): { last?: number; settled?: number } {
  try {
    return JSON.parse(line) as { last?: number; settled?: number };
  } catch {
    return {};
  }
}
