import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type HubProcess, makeHome, removeHome, startHubProcess } from "@anywork/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "./command.ts";

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});
afterAll(() => hub.stop());

describe("anywork token", () => {
  it("prints the owner's token, which opens the API", async () => {
    const { code, stdout } = await command(["token", "--home", hub.home]);
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync(join(hub.home, "token"), "utf8"));
    const answer = await hub.http("GET", "/api/status", undefined, { authorization: `Bearer ${stdout.trim()}` });
    expect(answer.status).toBe(200);
  });

  it("--link prints a link that signs in once and only once", async () => {
    const { code, stdout, stderr } = await command(["token", "--link"], { env: { ANYWORK_HOME: hub.home } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^${hub.address}/#code=[\\w-]{43}\n$`));
    const body = { code: new URL(stdout.trim()).hash.slice("#code=".length) };
    const none = { authorization: "" };
    expect((await hub.http("POST", "/api/auth/sign-in", body, none)).status).toBe(200);
    expect((await hub.http("POST", "/api/auth/sign-in", body, none)).status).toBe(401);
  });

  it("--link without a hub says how to start one and ends with 3", async () => {
    const home = makeHome();
    const { code, stderr } = await command(["token", "--link", "--home", home]);
    expect(code).toBe(3);
    expect(stderr).toContain("anywork up");
    removeHome(home);
  });
});
