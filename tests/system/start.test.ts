// Starts that cannot be, each with its reason and remedy, and limits that end what does not end by itself.
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import {
  type HubProcess,
  isAlive,
  makeHome,
  removeHome,
  runHubProcess,
  startHubProcess,
  until,
} from "@anywork/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SimulatedHub, startSimulatedHub } from "./sim.ts";
import { logsOf, runTask } from "./tasks.ts";

describe("a start that cannot be", () => {
  let home: string;
  beforeEach(() => {
    home = makeHome();
  });
  afterEach(() => removeHome(home));
  const start = (args: string[] = [], env = {}) => runHubProcess(["--home", home, "--port", "0", ...args], env, home);
  const clean = (text: string) => expect(text).not.toMatch(/\n\s+at |node:internal|\[object Object\]|undefined/);

  test("because the port is in use names it and another one, and leaves no process behind", async () => {
    const server: Server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    );
    const refused = await start(["--port", String(port)]);
    server.close();
    expect(refused.code).toBe(1);
    expect(refused.stderr.split("\n")[0]).toBe(`Port ${port} on 127.0.0.1 is used by another program.`);
    expect(refused.stderr).toContain(`--port ${port + 1}`);
    expect(refused.stdout).toBe("");
    clean(refused.stderr);
    await until(() => leftOvers(home).length === 0, `nothing that belongs to ${home} runs`);
  });

  test.each([
    ["is a file", (path: string) => writeFileSync(path, "a letter")],
    ["lies below a file", (path: string) => writeFileSync(path, "a letter"), "below"],
  ])("because the home %s says so with the remedy", async (_, make, below = "") => {
    const path = join(home, "letter");
    make(path);
    const target = join(path, below);
    const refused = await runHubProcess(["--home", target, "--port", "0"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`AnyWork cannot use the folder ${target}`);
    expect(refused.stderr).toContain("--home");
    expect(readFileSync(path, "utf8")).toBe("a letter");
    clean(refused.stderr);
  });

  test("because the home cannot be written says so with the remedy", async () => {
    // Nobody can make a folder there, not even root.
    const refused = await runHubProcess(["--home", "/sys/anywork", "--port", "0"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("AnyWork cannot use the folder /sys/anywork");
    clean(refused.stderr);
  });

  test("because the configuration is wrong names every problem at once, each with what to do, and exits with 2", async () => {
    writeFileSync(
      join(home, "config.yaml"),
      [
        "port: many",
        "auth: maybe",
        "colour: blue",
        "limits:",
        "  maxSteps: 0",
        "agents:",
        "  x:",
        "    engine: magic",
      ].join("\n"),
    );
    const refused = await runHubProcess(["--home", home], { ANYWORK_DRIVER: "carrier-pigeon" }, home);
    expect(refused.code).toBe(2);
    const problems = refused.stderr.split("\n").filter((line) => line.startsWith("  - "));
    for (const name of ["port", "auth", "colour", "limits.maxSteps", "agents.x.engine", "driver"]) {
      expect([name, problems.some((line) => line.includes(name))]).toEqual([name, true]);
    }
    expect(refused.stderr).toContain("ANYWORK_PORT");
    expect(refused.stdout).toBe("");
    clean(refused.stderr);
  });

  test.each([
    ["no YAML", "port: [1\n  - :"],
    ["a list", "- a\n- b"],
    ["a text", "hello"],
    ["a bomb of aliases", `a: &a [x]\n${"b: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"}`],
  ])("because config.yaml is %s exits with 2 and names the file", async (_, text) => {
    writeFileSync(join(home, "config.yaml"), text);
    const refused = await start();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("config");
    clean(refused.stderr);
  });

  test.each([
    ["a folder in the place of config.yaml", () => mkdirSync(join(home, "config.yaml"))],
    ["a flag nobody knows", () => undefined, ["--colour", "blue"]],
    ["a port that is none", () => undefined, ["--port", "70000"]],
  ])("because of %s exits with 2", async (_, make, args: string[] = []) => {
    make();
    const refused = await start(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("  - ");
    clean(refused.stderr);
  });

  test("because the database is damaged says so, and leaves it as it is", async () => {
    writeFileSync(join(home, "anywork.db"), "no database at all, but long enough to be read as one ".repeat(100));
    const refused = await start();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("database");
    expect(refused.stderr).toContain("backup");
    expect(readFileSync(join(home, "anywork.db"), "utf8")).toContain("no database at all");
    clean(refused.stderr);
  });

  test("because the master key is no key says what is lost without it", async () => {
    writeFileSync(join(home, "master.key"), "short");
    const refused = await start();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("master.key");
    clean(refused.stderr);
  });
});

test("a home with a long name works: its sockets lie elsewhere, for its owner alone", async () => {
  const parent = makeHome();
  const home = join(parent, "a-home-with-a-name-that-is-far-too-long-for-a-socket".repeat(2));
  const hub = await startHubProcess({ home });
  let sockets = "";
  try {
    expect((await runTask(hub, { message: "all the same" })).result).toBe("all the same");
    const [worker] = hub.workers();
    expect(worker?.address.startsWith(home)).toBe(false);
    sockets = dirname(worker?.address ?? "");
    expect(statSync(sockets).mode & 0o077).toBe(0);
  } finally {
    await hub.stop();
    if (sockets !== "") rmSync(sockets, { recursive: true, force: true });
    rmSync(parent, { recursive: true, force: true });
  }
});

describe("limits", () => {
  let simulated: SimulatedHub;
  let hub: HubProcess;
  beforeAll(async () => {
    const limits = { idleTimeoutMs: 1_200, totalTimeoutMs: 3_000, maxSteps: 3 };
    simulated = await startSimulatedHub({ config: { limits }, style: "openai" });
    hub = simulated.hub;
  });
  afterAll(() => simulated.stop());

  test("a task that does nothing for too long fails as idle, and the next one runs", async () => {
    const task = await runTask(hub, { message: "/hang", sessionId: "idle" });
    expect(task).toMatchObject({
      status: "failed",
      reason: "idle_timeout",
      retryable: true,
      error: { code: "idle_timeout" },
    });
    expect(task.error?.message).toContain("1.2 s");
    expect((await runTask(hub, { message: "on", sessionId: "idle" })).status).toBe("completed");
  });

  test("a task that takes too long as a whole fails with what it had said kept", async () => {
    const task = await runTask(hub, { message: `/slow 100 ${"word ".repeat(100)}` });
    expect(task).toMatchObject({ status: "failed", reason: "total_timeout", error: { code: "total_timeout" } });
    expect((await logsOf(hub, task.id)).filter(({ type }) => type === "text").length).toBeGreaterThan(5);
  });

  test("a model that stalls is given up after the idle time", async () => {
    for (const stall of ["[[stall]]", "[[stall:3]]", "[[pings:100]]"]) {
      const task = await runTask(hub, { message: `${stall} now`, agent: "default" });
      expect(task).toMatchObject({ status: "failed", retryable: true });
      expect(task.error?.code).toMatch(/idle_timeout|total_timeout|provider_stalled/);
    }
  });

  test("a model that calls tools without end is stopped at its steps", async () => {
    const step = '[[tool:bash {"command":"true"}]]';
    const task = await runTask(hub, {
      message: Array.from({ length: 6 }, () => step).join("[[step]]"),
      agent: "default",
    });
    expect(task).toMatchObject({ status: "failed", error: { code: "too_many_steps" } });
    expect(task.numTurns).toBe(3);
  });

  test("the other wire works too: words, a tool, a fault", async () => {
    const message = '[[500x1]][[tool:bash {"command":"echo 6*7=$((6*7))"}]][[step]][[text:Grüße]]';
    const task = await runTask(hub, { message, agent: "default" });
    expect(task).toMatchObject({ status: "completed", result: "Grüße" });
    expect((await logsOf(hub, task.id)).some(({ content }) => content.includes("6*7=42"))).toBe(true);
  });
});

/** Processes that work in a home: gateway and workers begin there. */
function leftOvers(home: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === home && isAlive(Number(pid));
    } catch {
      return false; // Ended while we looked.
    }
  });
}
