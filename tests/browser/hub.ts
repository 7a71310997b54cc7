// A real hub on a home of its own, for the browser tests and the screenshots: the processes that a person has, the
// simulator in place of the model's wire.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../apps/server/src/main.ts", import.meta.url));

export interface TestHub {
  url: string;
  /** What it printed: with a one-time code when sign-in is on. */
  link: string;
  home: string;
  post(path: string, body?: unknown): Promise<Response>;
  /** Ends the hub with the signal, and starts it again on the same home and port. */
  end(signal: NodeJS.Signals): Promise<void>;
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

async function launch(home: string, port: number, auth: "on" | "off"): Promise<{ child: ChildProcess; link: string }> {
  const { ANTHROPIC_API_KEY, OPENAI_API_KEY, API_KEY, ...env } = process.env;
  const child = spawn(process.execPath, [main, "--home", home, "--port", String(port), "--auth", auth], {
    env: { ...env, ANYWORK_LOG_LEVEL: "warn" },
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr?.on("data", (data) => {
    complaints += String(data);
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`hub ended (${code}): ${complaints}`)));
  ended.catch(() => undefined);
  const [link] = (await Promise.race([once(lines, "line"), ended])) as [string];
  return { child, link };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** Workers and gateway outlive a hub; what a test leaves behind is ended by the ids that the hub wrote down. */
async function endLeftOvers(home: string): Promise<void> {
  const runDir = join(home, "run");
  for (const name of await readdir(runDir).catch(() => [])) {
    const text = await readFile(join(runDir, name), "utf8").catch(() => "");
    const pid = /"pid":\s*(\d+)/.exec(text)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), "SIGTERM");
    } catch {
      // It has ended already.
    }
  }
}

export async function startTestHub(
  options: { auth?: "on" | "off"; demo?: boolean; config?: string } = {},
): Promise<TestHub> {
  const auth = options.auth ?? "off";
  const home = await mkdtemp(join(tmpdir(), "anywork-browser-"));
  if (options.config) await writeFile(join(home, "config.yaml"), options.config);
  let { child, link } = await launch(home, 0, auth);
  const { origin, port } = new URL(link);

  const hub: TestHub = {
    url: origin,
    link,
    home,
    post: (path, body = {}) =>
      fetch(origin + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    end: (signal) => endProcess(child, signal),
    async startAgain() {
      ({ child } = await launch(home, Number(port), auth));
    },
    async stop() {
      await endProcess(child, "SIGTERM");
      await endLeftOvers(home);
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
  if (options.demo) {
    const reply = await hub.post("/api/provider/demo");
    if (!reply.ok) {
      await hub.stop();
      throw new Error(`the demo did not start: ${await reply.text()}`);
    }
  }
  return hub;
}
