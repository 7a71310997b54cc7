import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { until } from "@anywork/testkit";
import { describe, expect, it } from "vitest";
import { findHome } from "../../apps/cli/src/config.ts";
import { readConfig } from "../../apps/server/src/config.ts";
import { version } from "../../apps/server/src/version.ts";
import { command, root, startCommand, startProgram } from "./command.ts";

/** A Node of this machine that is too old for AnyWork. */
const oldNode = [
  "/usr/bin/node",
  "/usr/local/bin/node",
  ...globSync(`${process.env.HOME}/.nvm/versions/node/*/bin/node`),
]
  .filter((path) => existsSync(path))
  .find((path) => {
    const major = Number(execFileSync(path, ["-p", "process.versions.node.split('.')[0]"]).toString());
    return major >= 14 && major < 24;
  });
const why = oldNode ? "" : " (skipped: this machine has no old Node)";

describe("bin/anywork", () => {
  it.skipIf(!oldNode)(`under an old Node runs itself with the one that came with AnyWork${why}`, async () => {
    const old = oldNode ?? "";
    const launched = startProgram(old, [join(root, "bin/anywork"), "--version"]);
    expect(await launched.ended).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
    const wrong = startProgram(old, [join(root, "bin/anywork"), "rnu"]);
    expect((await wrong.ended).code).toBe(2);
  });

  it("hands its exit code and output through", async () => {
    const { code, stderr } = await startProgram(process.execPath, [join(root, "bin/anywork"), "rnu"]).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: "unknown command 'rnu' (Did you mean run?)\n" });
  });
});

describe("anywork --help", () => {
  it.each(["up", "run", "token", "model-sim", "doctor"])("%s --help has an example", async (name) => {
    const { code, stdout } = await command([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n.*anywork ${name}`));
  });

  it("a command that nothing resembles still leads to the help", async () => {
    const { code, stderr } = await command(["qqqqqq"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "unknown command 'qqqqqq'. See: anywork --help\n" });
  });
});

describe("anywork model-sim", () => {
  it("serves until it is told to end", async () => {
    const sim = startCommand(["model-sim", "--port", "0"]);
    const address = await until(() => /http:\S+/.exec(sim.stdout())?.[0], "the simulator says where it is");
    expect((await fetch(`${address}/v1/models`, { headers: { authorization: "Bearer k" } })).status).toBe(200);
    sim.child.kill("SIGTERM");
    expect((await sim.ended).code).toBe(0);
  });

  it("hands the simulator's complaint through", async () => {
    const { code, stderr } = await command(["model-sim", "--port", "many"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--port takes a number");
  });
});

describe("the command line and the hub", () => {
  it("are of one version", async () => {
    const { stdout } = await command(["--version"]);
    expect(stdout.trim()).toBe(version);
  });

  const cwd = import.meta.dirname;
  it.each<{ flag?: string; env?: Record<string, string>; platform?: NodeJS.Platform }>([
    { flag: "here" },
    { flag: "/abs/there", env: { ANYWORK_HOME: "/other" } },
    { env: { ANYWORK_HOME: "rel/home" } },
    { env: { ANYWORK_HOME: "", HOME: "/home/ann" } },
    { env: { HOME: "/home/ann", XDG_DATA_HOME: "/data" } },
    { env: { HOME: "/Users/ann" }, platform: "darwin" },
    { env: { HOME: "C:\\ann", APPDATA: "C:\\ann\\Roaming" }, platform: "win32" },
  ])("find the same home: %o", ({ flag, env = {}, platform = "linux" }) => {
    const argv = flag === undefined ? [] : ["--home", flag];
    const read = readConfig({ argv, env, cwd, platform });
    expect(read.ok && read.config.home).toBe(findHome({ flag, env, cwd, platform }));
  });
});
