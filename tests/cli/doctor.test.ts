import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type DoctorReport, doctorReportSchema } from "@anywork/protocol";
import { type HubProcess, makeHome, removeHome, startHubProcess } from "@anywork/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { command } from "./command.ts";

async function examine(home: string, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await command(["doctor", "--json", "--home", home], { env });
  expect(stderr).toBe("");
  return { code, report: doctorReportSchema.parse(JSON.parse(stdout)), stdout };
}
const find = (report: DoctorReport, name: string) => report.checks.filter((check) => check.name === name);
const problems = (report: DoctorReport) => report.checks.filter(({ state }) => state === "problem");

describe("anywork doctor beside a running hub", () => {
  let hub: HubProcess;
  beforeAll(async () => {
    hub = await startHubProcess();
  });
  afterAll(() => hub.stop());

  it("finds no problem and says where the hub runs", async () => {
    const { code, report } = await examine(hub.home);
    expect(problems(report)).toEqual([]);
    expect(code).toBe(0);
    expect(find(report, "hub")).toMatchObject([{ state: "ok", message: expect.stringContaining(hub.address) }]);
    expect(find(report, "workers")[0]?.message).toContain("healthy");
    expect(find(report, "database")[0]?.message).toContain("In use by the hub");
    expect(find(report, "provider")).toMatchObject([{ state: "warning", remedy: expect.stringContaining("key") }]);
  });

  it("reads well: a line for each check and its remedy below it", async () => {
    const { code, stdout } = await command(["doctor", "--home", hub.home]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ node +Node \d+/m);
    expect(stdout).toMatch(/^! provider +No model provider is connected\.\n +→ Paste a key/m);
    expect(stdout).not.toContain("\u001b");
  });
});

describe("anywork doctor beside a hub that hangs", () => {
  it("names the process that holds the home and how to end it", async () => {
    const hub = await startHubProcess();
    process.kill(hub.pid, "SIGSTOP");
    try {
      const { code, report } = await examine(hub.home);
      expect(code).toBe(1);
      expect(find(report, "hub")).toMatchObject([
        { state: "problem", remedy: expect.stringContaining(`kill ${hub.pid}`) },
      ]);
    } finally {
      process.kill(hub.pid, "SIGCONT");
      await hub.stop();
    }
  });
});

describe("anywork doctor without a hub", () => {
  let home: string;
  beforeEach(() => {
    home = makeHome();
  });
  afterEach(() => removeHome(home));

  it("a home that does not exist yet is no problem, and is not made", async () => {
    const missing = join(home, "not", "yet");
    const { code, report } = await examine(missing, { ANYWORK_PORT: "0" });
    expect(code).toBe(0);
    expect(find(report, "home")[0]).toMatchObject({
      state: "ok",
      message: expect.stringContaining("does not exist yet"),
    });
    expect(existsSync(missing)).toBe(false);
  });

  it("a file in the place of the home is a problem with a remedy", async () => {
    const file = join(home, "file");
    writeFileSync(file, "");
    const { code, report } = await examine(file);
    expect(code).toBe(1);
    expect(find(report, "home")[0]).toMatchObject({
      state: "problem",
      message: `${file} is a file, not a folder.`,
      remedy: expect.stringContaining("--home"),
    });
  });

  it("names every problem of the configuration", async () => {
    writeFileSync(join(home, "config.yaml"), "port: many\nauth: maybe\n");
    const { code, report } = await examine(home);
    expect(code).toBe(1);
    const said = find(report, "configuration").map(({ message }) => message);
    expect(said).toEqual([expect.stringContaining("port"), expect.stringContaining("auth")]);
  });

  it("keys that others can read, and a master key that is none, are problems", async () => {
    writeFileSync(join(home, "token"), "secret\n", { mode: 0o600 });
    chmodSync(join(home, "token"), 0o644);
    writeFileSync(join(home, "master.key"), "short\n", { mode: 0o600 });
    const { code, report } = await examine(home);
    expect(code).toBe(1);
    expect(find(report, "token")[0]?.remedy).toBe(`chmod 600 ${join(home, "token")}`);
    expect(find(report, "master.key")[0]?.message).toContain("does not hold a key");
  });

  it("a damaged database is a problem", async () => {
    writeFileSync(
      join(home, "anywork.db"),
      "this is no database, and it is longer than a header of a hundred bytes".repeat(9),
    );
    const { code, report } = await examine(home);
    expect(code).toBe(1);
    expect(find(report, "database")[0]).toMatchObject({ state: "problem", remedy: expect.stringContaining("backup") });
  });

  it("a port that another program uses is a problem that names another one", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, report } = await examine(home, { ANYWORK_PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(find(report, "hub")[0]?.remedy).toBe(`Take another port: anywork up --port ${port + 1}`);
  });

  it("a provider is named with where it comes from, and its key is not shown", async () => {
    const { report, stdout } = await examine(home, { ANTHROPIC_API_KEY: "sk-very-secret", ANYWORK_PORT: "0" });
    expect(find(report, "provider")[0]).toMatchObject({
      state: "ok",
      message: expect.stringContaining("from the environment (ANTHROPIC_API_KEY)"),
    });
    expect(stdout).not.toContain("sk-very-secret");
  });

  it("changes nothing in a home", async () => {
    writeFileSync(join(home, "config.yaml"), "port: 0\n");
    const before = readdirSync(home, { recursive: true });
    await examine(home);
    expect(readdirSync(home, { recursive: true })).toEqual(before);
  });
});
