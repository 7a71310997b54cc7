// Starts the programs under test and ends them, by pid. Each says its address as the first line on stdout.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isAlive, treeOf } from "./process-tree.ts";

const root = join(import.meta.dirname, "../..");
const endMs = 15_000;

export interface Program {
  pid: number;
  /** http://127.0.0.1:<port>/ */
  address: string;
  startedMs: number;
  /** Ends it and everything it started; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/** `path` from the root of the repository. Throws with what it wrote to stderr when it ends before it is ready. */
export async function startProgram(path: string, args: string[], env: Record<string, string> = {}): Promise<Program> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [join(root, path), ...args], {
    cwd: tmpdir(), // No .env of this place is read.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const address = await firstLine(child, path);
  const pid = child.pid ?? 0;
  return {
    pid,
    address: new URL(address).origin,
    startedMs,
    async stop() {
      const pids = treeOf(pid);
      const exited = child.exitCode === null ? once(child, "exit") : Promise.resolve();
      child.kill("SIGTERM");
      await exited;
      await untilGone(pids);
    },
  };
}

/** Runs a program to its end and reads the JSON it prints. */
export async function runProgram<T>(path: string, args: string[]): Promise<T> {
  const child = spawn(process.execPath, [join(root, path), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await firstLine(child, path);
  return JSON.parse(line) as T;
}

function firstLine(child: ChildProcess, path: string): Promise<string> {
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += String(chunk);
  });
  return new Promise((resolve, reject) => {
    if (child.stdout) createInterface(child.stdout).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`${path} ended with ${code} before it was ready\n${errors}`)));
  });
}

async function untilGone(pids: number[]): Promise<void> {
  const deadline = performance.now() + endMs;
  while (pids.some(isAlive)) {
    if (performance.now() > deadline) for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL");
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
