// The model provider as a person sets it in the page: pasted, checked, sealed, forgotten, or the demo.
import { statSync } from "node:fs";
import { join } from "node:path";
import { createModelSim, type ModelSim } from "@anywork/model-sim";
import { type HubProcess, startHubProcess } from "@anywork/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesWith } from "./files.ts";
import { startSimulatedHub } from "./sim.ts";
import { logsOf, runTask } from "./tasks.ts";

const good = "sk-good-5b1d9e7c33aa4f02";
let sim: ModelSim;
let hub: HubProcess;
let baseUrl: string;

beforeAll(async () => {
  sim = createModelSim({ keys: [good], models: ["sim-small", "sim-large"] });
  baseUrl = `${(await sim.listen({ port: 0 })).url}/v1`;
  hub = await startHubProcess();
});
afterAll(async () => {
  await hub.stop();
  await sim.close();
});

const put = (body: object) => hub.http("PUT", "/api/provider", { style: "anthropic", baseUrl, ...body });

test("without one a task fails at once, in words, with what to do", async () => {
  const task = await runTask(hub, { message: "hello", agent: "default" });
  expect(task).toMatchObject({
    status: "failed",
    error: { code: "provider_missing", hint: expect.stringContaining("key") },
  });
  expect((await hub.http("GET", "/api/status")).reply("status").provider).toMatchObject({
    configured: false,
    demo: false,
  });
});

test("a wrong key is refused in the provider's own words, and nothing is kept", async () => {
  const refused = await put({ apiKey: "sk-wrong-000000" });
  expect(refused.status).toBe(422);
  expect(refused.refusal().code).toBe("provider_auth");
  expect(refused.refusal().message).toMatch(/key/i);
  expect(refused.text).not.toContain("sk-wrong-000000");
  expect((await hub.http("GET", "/api/status")).reply("status").provider.configured).toBe(false);
});

test("an address where nobody answers is refused in words", async () => {
  const refused = await put({ apiKey: good, baseUrl: "http://127.0.0.1:9/v1" });
  expect(refused.status).toBe(422);
  expect(refused.refusal()).toMatchObject({ code: "provider_unreachable" });
});

test.each(["anthropic", "openai"])(
  "a right key (%s) is checked, kept sealed, and works after a restart",
  async (style) => {
    const state = (await put({ style, apiKey: good })).reply("putProvider");
    expect(state).toMatchObject({ configured: true, style, source: "stored", demo: false });
    expect(["sim-small", "sim-large"]).toContain(state.model);
    const first = await runTask(hub, { message: `[[text:hello]] ${style}`, agent: "default" });
    expect(first).toMatchObject({ status: "completed", result: "hello" });
    expect(filesWith(hub.home, good)).toEqual([]);
    expect(statSync(join(hub.home, "master.key")).mode & 0o777).toBe(0o600);
    await hub.kill9();
    await hub.restart();
    const second = await runTask(hub, { message: `[[text:hello again]] ${style}`, agent: "default" });
    expect(second).toMatchObject({ status: "completed", result: "hello again" });
    expect((await hub.http("GET", "/api/status")).text).not.toContain(good);
  },
);

test("the offline demo writes and runs a real file, and is labelled", async () => {
  const state = (await hub.http("POST", "/api/provider/demo")).reply("useDemo");
  expect(state).toMatchObject({ configured: true, demo: true });
  const { demoPrompts } = (await hub.http("GET", "/api/status")).reply("status");
  expect(demoPrompts.length).toBeGreaterThan(1);
  const task = await runTask(hub, { message: demoPrompts[0]?.prompt ?? "", agent: "default" });
  expect(task.status).toBe("completed");
  const tools = (await logsOf(hub, task.id)).filter(({ type }) => type === "tool_result");
  expect(tools.length).toBeGreaterThan(1);
  expect(tools.every(({ metadata }) => metadata.ok)).toBe(true);
});

test("forgotten it is gone: from the state, from the store, from the gateway", async () => {
  expect((await hub.http("DELETE", "/api/provider")).reply("deleteProvider").configured).toBe(false);
  expect((await runTask(hub, { message: "hello", agent: "default" })).error?.code).toBe("provider_missing");
  await hub.kill9();
  await hub.restart();
  expect((await runTask(hub, { message: "hello", agent: "default" })).error?.code).toBe("provider_missing");
});

test("one that the environment sets cannot be changed in the page, and its refusal reaches the person", async () => {
  const { hub: configured, stop } = await startSimulatedHub();
  try {
    const changed = await configured.http("PUT", "/api/provider", { style: "anthropic", apiKey: good, baseUrl });
    expect([changed.status, changed.refusal().code]).toEqual([409, "conflict"]);
    expect((await configured.http("POST", "/api/provider/demo")).status).toBe(409);
    expect((await configured.http("DELETE", "/api/provider")).status).toBe(409);
    const task = await runTask(configured, { message: "[[auth]]", agent: "default" });
    expect(task).toMatchObject({
      status: "failed",
      error: { code: "provider_auth", hint: expect.stringContaining("key") },
    });
  } finally {
    await stop();
  }
});
