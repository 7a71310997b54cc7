import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { AnyWorkError } from "@anywork/protocol";
import { endTree } from "./process-tree.ts";
import type { SandboxChild, SandboxExit } from "./sandbox.ts";

export interface ChildOptions {
  program: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** The living processes that belong to it. */
  find(child: { pid: number; isRunning: boolean }): number[];
}

/** Starts a process in a group and session of its own, its input closed. Never throws. */
export function startChild({ program, args, cwd, env, find }: ChildOptions): SandboxChild {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  let isRunning = pid !== 0;
  const exited = new Promise<SandboxExit>((resolve, reject) => {
    child.once("exit", (code, signal) => {
      isRunning = false;
      resolve({ code, signal });
    });
    child.once("error", (cause) => {
      reject(new AnyWorkError("tool_failed", `${program} could not be started: ${cause.message}`, { cause }));
    });
  });
  exited.catch(() => undefined); // whoever waits for it hears of it; nobody waiting is no crash
  let ending: Promise<void> | undefined;
  return {
    pid,
    stdout: child.stdout ?? new PassThrough().end(),
    stderr: child.stderr ?? new PassThrough().end(),
    exited,
    kill() {
      ending ??= pid === 0 ? Promise.resolve() : endTree(() => find({ pid, isRunning }));
      return ending;
    },
  };
}
