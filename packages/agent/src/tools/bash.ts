// In: a shell command of the model. Out: what it printed and how it ended. It runs in the sandbox, in the workspace folder.
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { z } from "zod";
import type { SandboxChild, SandboxExit } from "../sandbox/sandbox.ts";
import { createOutput, type Output } from "./output.ts";
import { defineTool, type ToolContext, type ToolResult } from "./tool.ts";

const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 600_000;
const drainMs = 1_000;

export const bash = defineTool({
  name: "bash",
  description: `Runs a shell command in the workspace folder and returns its output (stdout and stderr) and exit code.
Each call is a new shell: cd and variables do not carry over, and a command cannot reach the processes of another one.
Long output is cut in the middle; the whole of it is then in a file that the result names.`,
  permission: "execute",
  schema: z.object({
    command: z.string().min(1).describe("the command, for bash -c"),
    timeout_ms: z.number().int().positive().max(maxTimeoutMs).optional().describe("default 120000, at most 600000"),
    background: z
      .boolean()
      .optional()
      .describe("return at once; the output goes to a log file; it runs until it ends or the task is canceled"),
    description: z.string().optional().describe("what it does, in a few words, for the person who watches"),
  }),
  async execute({ command, timeout_ms = defaultTimeoutMs, background = false }, context) {
    const { sandbox, workspace } = context;
    const child = sandbox.spawn({ argv: [shell(), "-c", command], cwd: workspace, workspace });
    return background ? runOn(child, context) : waitFor(child, timeout_ms, context);
  },
});

const shell = (): string => (existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh");

async function runOn(child: SandboxChild, context: ToolContext): Promise<ToolResult> {
  const output = createOutput({ ...context, onOutput: () => undefined, alwaysFile: true });
  context.background.add(child);
  const written = Promise.all([pump(child.stdout, output), pump(child.stderr, output)]);
  // Nobody waits for it: a log that cannot be written ends the command rather than the worker.
  written.then(() => output.end()).catch(() => child.kill());
  return { ok: true, output: `Started in the background (pid ${child.pid}). Its output goes to ${output.file}` };
}

async function waitFor(child: SandboxChild, timeoutMs: number, context: ToolContext): Promise<ToolResult> {
  const output = createOutput(context);
  const reading = Promise.all([pump(child.stdout, output), pump(child.stderr, output)]);
  reading.catch(() => undefined); // awaited below, after the end of the command
  const end = await endOf(child, timeoutMs, context.signal);
  // Also after a regular end: what the command left behind must not hold its pipes or live on unseen.
  await child.kill();
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  const text = await output.end();
  if (end === "canceled") return { ok: false, output: join(text, "[canceled]") };
  if (end === "timeout") {
    const note = `[timed out after ${timeoutMs} ms and was ended; use background or a larger timeout_ms]`;
    return { ok: false, output: join(text, note) };
  }
  if (end.code === 0) return { ok: true, output: text === "" ? "(no output)" : text };
  return {
    ok: false,
    output: join(text, `[exit ${end.code === null ? `by signal ${end.signal}` : `code ${end.code}`}]`),
  };
}

const join = (text: string, note: string): string => (text === "" ? note : `${text.replace(/\n$/, "")}\n${note}`);

async function endOf(
  child: SandboxChild,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SandboxExit | "timeout" | "canceled"> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), timeoutMs);
  });
  const canceled = new Promise<"canceled">((resolve) => {
    abort = () => resolve("canceled");
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([canceled, child.exited, timeout]);
  } finally {
    clearTimeout(timer);
    if (abort) signal.removeEventListener("abort", abort);
  }
}

async function pump(stream: Readable, output: Output): Promise<void> {
  try {
    for await (const chunk of stream) await output.write(chunk);
  } catch (error) {
    // Destroyed by us after the end: what came until then is kept.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}
