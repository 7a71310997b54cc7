import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigSources, readConfig } from "./config.ts";

let cwd: string;
let home: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "aw-config-"));
  home = join(cwd, "home");
  mkdirSync(home);
});
afterEach(() => rmSync(cwd, { recursive: true }));

function read(given: Partial<ConfigSources> = {}) {
  const result = readConfig({ argv: ["--home", home], env: {}, cwd, platform: "linux", ...given });
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}

function problems(given: Partial<ConfigSources>): string[] {
  const result = readConfig({ argv: ["--home", home], env: {}, cwd, platform: "linux", ...given });
  return result.ok ? [] : result.problems;
}

describe("the order of the sources", () => {
  test("is flag, environment, .env, config.yaml, default", () => {
    expect(read().port).toBe(7000);
    writeFileSync(join(home, "config.yaml"), "port: 7001\nhost: localhost\n");
    expect(read().port).toBe(7001);
    writeFileSync(join(cwd, ".env"), "ANYWORK_PORT=7002\n");
    expect(read().port).toBe(7002);
    const env = { ANYWORK_PORT: "7003" };
    expect(read({ env }).port).toBe(7003);
    expect(read({ env, argv: ["--home", home, "--port", "7004"] })).toMatchObject({ port: 7004, host: "localhost" });
  });

  test("takes an empty variable for one that is not set, and the old names for the new ones", () => {
    expect(read({ env: { ANYWORK_PORT: "", SERVER_PORT: "7100" } }).port).toBe(7100);
  });

  test("finds the home where the system keeps data", () => {
    const env = { HOME: "/home/x", APPDATA: "C:\\x" };
    const homeOn = (platform: NodeJS.Platform) => read({ argv: [], env, platform }).home;
    expect(homeOn("linux")).toBe("/home/x/.local/share/anywork");
    expect(homeOn("darwin")).toBe("/home/x/Library/Application Support/anywork");
    expect(read({ argv: [], env: { ...env, XDG_DATA_HOME: "/data" } }).home).toBe("/data/anywork");
    expect(read({ argv: [], env: { ...env, ANYWORK_HOME: "rel" } }).home).toBe(join(cwd, "rel"));
  });
});

describe("a provider from the environment", () => {
  test("is the one that is named, with its address in either form and its model", () => {
    const anthropic = { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: "http://127.0.0.1:1", MODEL: "m" };
    expect(read({ env: anthropic }).provider).toMatchObject({
      style: "anthropic",
      baseUrl: "http://127.0.0.1:1/v1",
      model: "m",
    });
    const openai = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:1/v1/" };
    expect(read({ env: openai }).provider).toMatchObject({ style: "openai", baseUrl: "http://127.0.0.1:1/v1" });
    const own = { ...anthropic, API_KEY: "k", API_BASE_URL: "http://127.0.0.1:2/api/v3", API_STYLE: "openai" };
    expect(read({ env: own }).provider).toMatchObject({ name: "custom", baseUrl: "http://127.0.0.1:2/api/v3" });
    expect(read().provider).toBeNull();
  });

  test("never shows its key", () => {
    const config = read({ env: { OPENAI_API_KEY: "sk-canary" } });
    expect(config.provider?.apiKey.reveal()).toBe("sk-canary");
    expect(`${JSON.stringify(config)} ${inspect(config, { depth: 9 })} ${config.provider?.apiKey}`).not.toContain(
      "canary",
    );
  });
});

describe("what is wrong", () => {
  test("is told all at once, each with where to set it", () => {
    writeFileSync(join(home, "config.yaml"), "limits: { maxSteps: 0 }\ncolour: red\n");
    const env = {
      ANYWORK_PORT: "many",
      ANYWORK_AUTH: "maybe",
      API_KEY: "k",
      API_BASE_URL: "no address",
      API_STYLE: "odd",
    };
    const told = problems({ env }).join("\n");
    for (const name of [
      "port",
      "ANYWORK_PORT",
      "auth",
      "limits.maxSteps",
      "colour",
      "provider.baseUrl",
      "provider.style",
    ]) {
      expect(told).toContain(name);
    }
  });

  test("is a file that is no YAML, an unknown flag, and no sign-in beyond this machine", () => {
    writeFileSync(join(home, "config.yaml"), "port: [7000");
    expect(problems({}).join()).toContain("not valid YAML");
    rmSync(join(home, "config.yaml"));
    expect(problems({ argv: ["--home", home, "--prot", "1"] }).join()).toContain("--prot");
    expect(problems({ env: { ANYWORK_AUTH: "off", ANYWORK_HOST: "0.0.0.0" } }).join()).toContain("loopback");
    expect(problems({ env: { ANYWORK_AUTH: "off", ANYWORK_HOST: "127.0.0.1" } })).toEqual([]);
  });
});
