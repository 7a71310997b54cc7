// Starts and finds the detached processes of ours (worker, gateway): boot line on standard input, "ready" on fd 3,
// a record in run/. They outlive the hub; findProcesses is how a restarted hub meets them again.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { AnyWorkError, type ProcessRecord } from "@anywork/protocol";
import { endProcess } from "./end-process.ts";
import { forgetProcess } from "./process-record.ts";
import { socketPath } from "./socket-path.ts";

const maxLogBytes = 5 * 1024 * 1024;
const tailBytes = 2_000;

export interface StartOptions {
  kind: "worker" | "gateway";
  home: string;
  /** Folder of records and sockets: `<home>/run`, where the process writes its own record. */
  runDir: string;
  /** argv of the process. */
  command: string[];
  version: string;
  /** What its boot line has beside id, home, socket, token and version. */
  boot: Record<string, unknown>;
  /** The whole environment of the process. See childEnvironment. */
  env: Record<string, string>;
  /** How long it may take to say ready; 15 s unless told. */
  deadlineMs?: number;
}

export interface StartedProcess {
  record: ProcessRecord;
  /** Resolves with a sentence when the process has ended. */
  exited: Promise<string>;
}

/** What of the hub's environment its processes get: how to find programs, home and language, and never a key. */
export function childEnvironment(env: Record<string, string | undefined>): Record<string, string> {
  const kept = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR|NODE_EXTRA_CA_CERTS)$/;
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => kept.test(name)));
}

/** Throws worker_unavailable with the end of its log when it does not get ready. */
export async function startProcess(options: StartOptions): Promise<StartedProcess> {
  const id = `${options.kind}-${randomUUID().slice(0, 8)}`;
  const token = randomBytes(32).toString("hex");
  // There is one gateway, and tasks that run keep its address: the next one listens in the same place.
  const socket = socketPath(options.runDir, options.kind === "gateway" ? "gateway" : id);
  const log = openLog(join(options.home, "logs", `${options.kind}.log`));
  try {
    const child = launch(options, log.fd);
    const { home, version } = options;
    const exited = watchExit(child);
    sendLine(child, { ...options.boot, id, home, socket, token, version });
    await untilReady(child, exited, options, log);
    child.unref();
    const startedAt = new Date().toISOString();
    const record: ProcessRecord = {
      id,
      kind: options.kind,
      pid: child.pid ?? 0,
      address: socket,
      token,
      version,
      startedAt,
    };
    return { record, exited: exited.finally(() => forgetProcess(options.runDir, record)) };
  } finally {
    closeSync(log.fd);
  }
}

interface LogFile {
  path: string;
  fd: number;
  /** Where this process's own lines begin. */
  from: number;
}

function openLog(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path) && statSync(path).size > maxLogBytes) renameSync(path, `${path}.1`);
  const fd = openSync(path, "a+", 0o600);
  return { path, fd, from: fstatSync(fd).size };
}

function launch(options: StartOptions, logFd: number): ChildProcess {
  mkdirSync(options.runDir, { recursive: true, mode: 0o700 });
  const [program, ...args] = options.command;
  if (program === undefined) throw new AnyWorkError("worker_unavailable", `no command is set for the ${options.kind}`);
  try {
    return spawn(program, args, {
      detached: true,
      cwd: options.home,
      env: options.env,
      stdio: ["pipe", logFd, logFd, "pipe"],
    });
  } catch (thrown) {
    throw spawnError(thrown, options);
  }
}

function watchExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`);
    });
  });
}

function sendLine(child: ChildProcess, boot: Record<string, unknown>): void {
  // A process that dies at once breaks this pipe; that it died is seen by its exit.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(`${JSON.stringify(boot)}\n`);
}

async function untilReady(child: ChildProcess, exited: Promise<string>, options: StartOptions, log: LogFile) {
  const deadlineMs = options.deadlineMs ?? 15_000;
  const reason = await Promise.race([
    readyOn(child.stdio[3] as Readable),
    exited,
    new Promise<AnyWorkError>((resolve) => {
      child.once("error", (error) => resolve(spawnError(error, options)));
    }),
    new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(`it was not ready within ${deadlineMs / 1000} s`), deadlineMs);
      void exited.finally(() => clearTimeout(timer));
      timer.unref();
    }),
  ]);
  (child.stdio[3] as Readable).destroy();
  if (reason === null) return;
  if (child.pid !== undefined) endProcess(child.pid);
  if (reason instanceof AnyWorkError) throw reason;
  const tail = readTail(log);
  throw new AnyWorkError("worker_unavailable", `the ${options.kind} did not start: ${reason}${tail && `\n${tail}`}`, {
    hint: `Its log is ${log.path}.`,
  });
}

/** Null as soon as the process said ready; never settles when it does not. */
function readyOn(pipe: Readable): Promise<null> {
  return new Promise((resolve) => {
    let text = "";
    pipe.on("error", () => undefined);
    pipe.on("data", (chunk) => {
      text += String(chunk);
      if (text.includes("ready\n")) resolve(null);
    });
  });
}

function readTail(log: LogFile): string {
  const size = fstatSync(log.fd).size;
  const from = Math.max(log.from, size - tailBytes);
  const buffer = Buffer.alloc(Math.max(size - from, 0));
  readSync(log.fd, buffer, 0, buffer.length, from);
  return buffer.toString().trim();
}

function spawnError(thrown: unknown, options: StartOptions): AnyWorkError {
  const code = (thrown as NodeJS.ErrnoException).code;
  const program = options.command[0];
  const [why, hint] =
    code === "ENOENT"
      ? [`${program} was not found`, "Run npm ci again, and start AnyWork with bin/anywork."]
      : code === "EAGAIN" || code === "ENOMEM" || code === "EMFILE"
        ? ["this machine has no room for another process", "End other programs, or raise the limit (ulimit -u)."]
        : [(thrown as Error).message, "See the log of the hub."];
  return new AnyWorkError("worker_unavailable", `the ${options.kind} did not start: ${why}`, { hint, cause: thrown });
}
