// Runs `anywork …` as a person does: the command line's program from source, in a process of its own.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");
const program = join(root, "apps/cli/src/main.ts");
const deadlineMs = 50_000;

export interface Running {
  child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  ended: Promise<Ended>;
}
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Gets nothing of this process's environment but PATH. */
export function startCommand(args: string[], options: { env?: Record<string, string>; stdin?: string } = {}): Running {
  return startProgram(process.execPath, [program, ...args], options);
}

export const command = (args: string[], options?: { env?: Record<string, string>; stdin?: string }): Promise<Ended> =>
  startCommand(args, options).ended;

export function startProgram(
  file: string,
  args: string[],
  { env = {}, stdin }: { env?: Record<string, string>; stdin?: string } = {},
): Running {
  const child = spawn(file, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...env },
    stdio: "pipe",
  });
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.stderr += chunk;
  });
  child.stdin.on("error", () => undefined);
  if (stdin !== undefined) child.stdin.end(stdin);
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, ...text });
    });
  });
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, ended };
}
