// A real hub in a home of its own, for tests of the whole: started from source, spoken to over HTTP and sockets like by
// anybody, killed and started again, and ended with everything that it started.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ConfigInput, type ProcessRecord, processRecordSchema } from "@anywork/protocol";
import { type Answer, ask, type Headers } from "./http-client.ts";
import { openSocket, type TestSocket } from "./socket-client.ts";

const program = fileURLToPath(new URL("../../../apps/server/src/main.ts", import.meta.url));
const startDeadlineMs = 30_000;

export interface HubOptions {
  auth?: "on" | "off";
  /** What config.yaml holds; the echo agent is there anyway. A text is written as it is. */
  config?: ConfigInput | string;
  /** The hub gets nothing of this process's environment but PATH. */
  env?: Record<string, string>;
  args?: string[];
  /** Its home, removed at the end; made below the temporary folder unless named. */
  home?: string;
}

export interface HubProcess {
  /** A folder of its own, short enough for Unix sockets. */
  readonly home: string;
  /** http://127.0.0.1:port, the same after a restart. */
  readonly address: string;
  readonly port: number;
  /** The line that it printed. */
  readonly link: string;
  readonly token: string;
  readonly pid: number;
  /** A JSON body unless it is a text or bytes; with the owner's token unless `authorization` says otherwise. */
  http(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>;
  socket(headers?: Headers): Promise<TestSocket>;
  /** What run/ says of living processes. */
  workers(): ProcessRecord[];
  gatewayPid(): number | undefined;
  /** SIGTERM to the hub alone; resolves with its exit code. */
  terminate(): Promise<number | null>;
  kill9(): Promise<void>;
  /** Starts it again on the same home and port, after terminate or kill9. */
  restart(): Promise<void>;
  /** Ends hub, gateway and workers with what they started, and removes the home. */
  stop(): Promise<void>;
}

export async function startHubProcess(options: HubOptions = {}): Promise<HubProcess> {
  const home = options.home ?? makeHome();
  writeConfig(home, options.config ?? {});
  const seen = new Map<number, ProcessRecord>();
  let running = await launch(home, 0, options).catch((error: unknown) => {
    endAll(seen, home);
    throw error;
  });
  const { port } = running;
  const token = readFileSync(join(home, "token"), "utf8").trim();

  const records = () => {
    const found = readRecords(home);
    for (const record of found) seen.set(record.pid, record);
    return found.filter((record) => isAlive(record.pid));
  };
  const ended = async (signal: NodeJS.Signals) => {
    records();
    if (running.child.exitCode !== null || running.child.signalCode !== null) return running.child.exitCode;
    const exit = new Promise<number | null>((resolve) => running.child.once("exit", resolve));
    running.child.kill(signal);
    return await exit;
  };

  return {
    home,
    port,
    token,
    address: `http://127.0.0.1:${port}`,
    get link() {
      return running.link;
    },
    get pid() {
      return running.child.pid ?? 0;
    },
    http: (method, path, body, headers = {}) =>
      ask({ port, method, path, body, headers: { authorization: `Bearer ${token}`, ...headers } }),
    socket: (headers = {}) => openSocket(port, { authorization: `Bearer ${token}`, ...headers }),
    workers: () => records().filter((record) => record.kind === "worker"),
    gatewayPid: () => records().find((record) => record.kind === "gateway")?.pid,
    terminate: () => ended("SIGTERM"),
    async kill9() {
      await ended("SIGKILL");
    },
    async restart() {
      running = await launch(home, port, options);
    },
    async stop() {
      await ended("SIGKILL");
      // A process that the hub began just before it was killed may write its record only now.
      await until(() => {
        records();
        endAll(seen, home);
        return [...seen.keys()].every((pid) => !isAlive(pid)) && isRemoved(home);
      }, "its processes end and its home is gone");
    },
  };
}

/** One start that is expected to end by itself: what it printed and its exit code. */
export async function runHubProcess(
  args: string[],
  env: Record<string, string> = {},
  cwd = tmpdir(),
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { cwd, env: environment(env) });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const timer = setTimeout(() => child.kill("SIGKILL"), startDeadlineMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** kill -9 of one process. Throws for a pid that is not known: 0 would mean the whole group of the tests themselves. */
export function killHard(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) throw new Error(`there is no process to kill (${pid})`);
  process.kill(pid, "SIGKILL");
}

/** Polls a condition; throws what was waited for when the deadline has passed. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  deadlineMs = 20_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await pause(20);
  }
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody has reaped yet is dead for us.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export function makeHome(): string {
  return mkdtempSync(join(tmpdir(), "aw-"));
}

/** Ends what run/ of a home names, and removes the home: for homes whose hub was started by runHubProcess. */
export function removeHome(home: string): void {
  endAll(new Map(readRecords(home).map((record) => [record.pid, record])), home);
  rmSync(home, { recursive: true, force: true });
}

export function writeConfig(home: string, config: ConfigInput | string): void {
  mkdirSync(home, { recursive: true });
  const withEcho =
    typeof config === "string"
      ? config
      : JSON.stringify({ ...config, agents: { echo: { engine: "echo" }, ...config.agents } });
  writeFileSync(join(home, "config.yaml"), withEcho);
}

interface Running {
  child: ChildProcess;
  link: string;
  port: number;
}

async function launch(home: string, port: number, options: HubOptions): Promise<Running> {
  const args = [
    program,
    "--home",
    home,
    "--port",
    String(port),
    "--auth",
    options.auth ?? "on",
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: environment(options.env ?? {}),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  let exit: string | null = null;
  child.once("exit", (code, signal) => {
    exit = `${code ?? signal}`;
  });
  const link = await until(
    () => {
      if (exit !== null) throw new Error(`the hub ended with ${exit}: ${stderr()}`);
      return stdout().includes("\n") ? (stdout().split("\n")[0] ?? null) : null;
    },
    "the hub prints its link",
    startDeadlineMs,
  ).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { child, link, port: Number(new URL(link).port) };
}

function environment(given: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: tmpdir(), LANG: "C.UTF-8", ...given };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function readRecords(home: string): ProcessRecord[] {
  const folder = join(home, "run");
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return []; // The hub never came so far.
  }
  return names.flatMap((name) => {
    try {
      return processRecordSchema.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
    } catch {
      return []; // Removed while we looked.
    }
  });
}

/** By pid, and only where the process is still the one that the record meant. */
function endAll(seen: Map<number, ProcessRecord>, home: string): void {
  for (const record of readRecords(home)) seen.set(record.pid, record);
  for (const { pid, kind } of seen.values()) {
    if (!isAlive(pid) || !commandOf(pid).includes("main.")) continue;
    try {
      // Gateway and workers lead process groups of their own.
      process.kill(kind === "hub" ? pid : -pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** False while somebody still writes there. */
function isRemoved(home: string): boolean {
  try {
    rmSync(home, { recursive: true, force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY") return false;
    throw error;
  }
}
