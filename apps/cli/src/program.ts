// Starts another program of AnyWork: beside this one when built, in its own folder when run from source.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const places = {
  server: { built: "./server.js", source: "../../server/src/main.ts" },
  "model-sim": { built: "./model-sim.js", source: "../../../packages/model-sim/src/main.ts" },
} as const;
export type ProgramName = keyof typeof places;

function programPath(name: ProgramName, here = import.meta.url): string {
  const { built, source } = places[name];
  return fileURLToPath(new URL(here.endsWith(".ts") ? source : built, here));
}

/** Runs it in the place of this command: same terminal, same signals. Resolves with its exit code. */
export function runProgram(name: ProgramName, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [programPath(name), ...args], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  // A terminal gives Ctrl-C to both of us: handed on, it would come twice.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Runs it to its end and gives what it printed. */
export function askProgram(name: ProgramName, args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const child = spawn(process.execPath, [programPath(name), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout }));
  });
}
