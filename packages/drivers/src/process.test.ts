import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DriverFixture, driverContract, echoRequest, killHard, readAll } from "@anywork/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { endProcess } from "./end-process.ts";
import { createProcessDriver, type ProcessDriver, type ProcessDriverOptions } from "./process.ts";

import { childEnvironment } from "./start-process.ts";

const workerMain = join(import.meta.dirname, "../../../apps/worker/src/main.ts");
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const homes: string[] = [];
const drivers: ProcessDriver[] = [];

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "aw-drv-"));
  homes.push(home);
  return home;
}

function newDriver(home: string, given: Partial<ProcessDriverOptions> = {}): ProcessDriver {
  const driver = createProcessDriver({
    home,
    runDir: join(home, "run"),
    command: [process.execPath, workerMain],
    version: "1.0.0",
    env: childEnvironment(process.env),
    orphanExitMs: 60_000,
    sandbox: { mode: "none", network: false },
    log: quiet,
    ...given,
  });
  drivers.push(driver);
  return driver;
}

const recordsOf = (home: string): { id: string; pid: number; address: string }[] =>
  existsSync(join(home, "run"))
    ? readdirSync(join(home, "run"))
        .filter((name) => name.endsWith(".json"))
        .map((name) => JSON.parse(readFileSync(join(home, "run", name), "utf8")))
    : [];

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};
const gone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 15_000, interval: 20 });

async function cleanUp(): Promise<void> {
  for (const driver of drivers.splice(0)) driver.close();
  for (const home of homes.splice(0).reverse()) {
    const pids = recordsOf(home).map(({ pid }) => pid);
    pids.forEach(endProcess);
    await Promise.all(pids.map(gone));
    rmSync(home, { recursive: true, force: true });
  }
}

driverContract("process", async (): Promise<DriverFixture> => {
  const home = newHome();
  return {
    driver: newDriver(home),
    again: () => newDriver(home),
    async crash(workerId) {
      const { pid } = recordsOf(home).find(({ id }) => id === workerId) ?? { pid: 0 };
      killHard(pid);
      await gone(pid);
    },
    close: cleanUp,
  };
});

describe("process driver", () => {
  afterEach(cleanUp);

  it("records and sockets are private to their owner", async () => {
    const home = newHome();
    await newDriver(home).acquire({ id: "s1" });
    const [record] = recordsOf(home);
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect(modeOf(join(home, "run"))).toBe(0o700);
    expect(modeOf(join(home, "run", `${record?.id}.json`))).toBe(0o600);
    expect(modeOf(record?.address ?? "")).toBe(0o600);
  });

  it("a worker gets no key of the hub's environment", async () => {
    const env = childEnvironment({ PATH: "/bin", ANTHROPIC_API_KEY: "secret", OPENAI_API_KEY: "secret", API_KEY: "s" });
    expect(env).toEqual({ PATH: "/bin" });
  });

  it("another worker starts when all have their sessions, and no more than allowed", async () => {
    const driver = newDriver(newHome(), { sessionsPerWorker: 1, maxWorkers: 2 });
    const [first, second] = await Promise.all([driver.acquire({ id: "a" }), driver.acquire({ id: "b" })]);
    expect(second.id).not.toBe(first.id);
    await expect(driver.acquire({ id: "c" })).rejects.toMatchObject({ code: "worker_unavailable" });
    await driver.release("a");
    expect((await driver.acquire({ id: "c" })).id).toBe(first.id);
  });

  it("a home with a long path gets its sockets below the temporary folder", async () => {
    const home = join(newHome(), "x".repeat(90));
    mkdirSync(home);
    homes.push(home);
    const worker = await newDriver(home).acquire({ id: "s1" });
    expect(Buffer.byteLength(recordsOf(home)[0]?.address ?? "")).toBeLessThanOrEqual(100);
    expect((await readAll(worker.chat(echoRequest("hi")))).length).toBeGreaterThan(0);
  });

  it("a program that is not there is worker_unavailable with a remedy", async () => {
    const driver = newDriver(newHome(), { command: ["/nowhere/node"] });
    const acquired = driver.acquire({ id: "s1" });
    await expect(acquired).rejects.toMatchObject({
      code: "worker_unavailable",
      hint: expect.stringContaining("npm ci"),
    });
  });

  it("a worker that dies while starting is worker_unavailable with the end of its log", async () => {
    const command = [process.execPath, "-e", "console.error('the reason why'); process.exit(3)"];
    const acquired = newDriver(newHome(), { command }).acquire({ id: "s1" });
    await expect(acquired).rejects.toThrow(/exit code 3\nthe reason why/);
  });

  it("a worker that is too busy to answer at once is found again all the same", { timeout: 30_000 }, async () => {
    const home = newHome();
    const first = newDriver(home);
    const { id } = await first.acquire({ id: "s1" });
    const [{ pid } = { pid: 0 }] = recordsOf(home);
    process.kill(pid, "SIGSTOP");
    const again = newDriver(home);
    const listed = await again.list();
    expect(listed.map(({ healthy }) => healthy)).toEqual([false]);
    const found = again.find(id);
    // A question waits two seconds: the first one is in vain.
    await new Promise((wake) => setTimeout(wake, 2_500));
    process.kill(pid, "SIGCONT");
    expect((await found)?.id).toBe(id);
  });

  it("records that nobody stands behind are removed", async () => {
    const home = newHome();
    const driver = newDriver(home);
    await driver.acquire({ id: "s1" });
    const [record] = recordsOf(home);
    killHard(record?.pid);
    await gone(record?.pid ?? 0);
    await vi.waitFor(() => expect(recordsOf(home)).toEqual([]), { timeout: 10_000 });
    const stale = { ...record, pid: 2 ** 22 + 1 };
    writeFileSync(join(home, "run", `${record?.id}.json`), JSON.stringify(stale));
    writeFileSync(join(home, "run", "torn.json"), '{"id":');
    expect(await newDriver(home).list()).toEqual([]);
    expect(existsSync(join(home, "run", `${record?.id}.json`))).toBe(false);
    rmSync(join(home, "run", "torn.json"));
  });

  it("a worker of another version gets nothing new and ends once it is idle", async () => {
    const home = newHome();
    const old = newDriver(home);
    const worker = await old.acquire({ id: "s1" });
    const [record] = recordsOf(home);
    old.close();
    const updated = newDriver(home, { version: "2.0.0", orphanExitMs: 400 });
    expect((await updated.acquire({ id: "s1" })).id).not.toBe(worker.id);
    await gone(record?.pid ?? 0);
  });

  it("a worker ends itself when no hub asks for it, and leaves neither record nor socket", async () => {
    const home = newHome();
    const driver = newDriver(home, { orphanExitMs: 300 });
    await driver.acquire({ id: "s1" });
    const [record] = recordsOf(home);
    driver.close();
    await gone(record?.pid ?? 0);
    expect(recordsOf(home)).toEqual([]);
    expect(existsSync(record?.address ?? "")).toBe(false);
  });

  it("the journal file holds exactly the bytes that were sent", async () => {
    const home = newHome();
    const request = echoRequest("héllo wörld");
    const events = await readAll((await newDriver(home).acquire({ id: "s1" })).chat(request));
    const [name] = readdirSync(join(home, "journal"));
    const frames = readFileSync(join(home, "journal", name ?? ""), "utf8").split("\n\n");
    expect(frames.length - 1).toBe(events.length);
    expect(frames[0]).toBe('event: text\nid: 1\ndata: {"content":"héllo ","metadata":{}}');
  });
});

describe("ending a process", () => {
  it("takes what it started in groups of its own along", async () => {
    const script = "setsid sh -c 'sleep 300' & echo $!; wait";
    const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const inner = await new Promise<number>((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
    endProcess(child.pid ?? 0);
    await Promise.all([gone(child.pid ?? 0), gone(inner)]);
  });
});
