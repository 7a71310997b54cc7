import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createModelSim } from "@anywork/model-sim";
import type { GatewayAccess } from "@anywork/protocol";
import { engineContract } from "@anywork/testkit";
import { describe, expect, it } from "vitest";
import { createBuiltinEngine } from "./builtin.ts";
import type { EngineTask, SessionSpec } from "./engine.ts";
import { openSandbox, systemClock } from "./index.ts";

const { sandbox } = await openSandbox({ mode: "auto", network: false });

/** The simulator listens where the gateway would: the same wire, without its key. */
async function start(style: GatewayAccess["style"]) {
  const folder = await mkdtemp(path.join(tmpdir(), "builtin-"));
  const sim = createModelSim();
  const socket = path.join(folder, "gateway");
  await sim.listen({ socket });
  let count = 0;
  return {
    sim,
    engine: createBuiltinEngine({ sandbox, clock: systemClock }),
    async session(): Promise<SessionSpec> {
      count += 1;
      const workspace = path.join(folder, "workspaces", `${count}`);
      await mkdir(path.join(workspace, "files/outputs"), { recursive: true });
      return { id: `${count}`, workspace, historyFile: path.join(folder, "sessions", `${count}.jsonl`) };
    },
    task(message: string): EngineTask {
      count += 1;
      const limits = { max_steps: 10, idle_timeout_ms: 60_000, total_timeout_ms: 60_000 };
      const agent = {
        name: "default",
        engine: "builtin",
        model: "sim",
        soul: "be kind",
        instructions: "be brief",
        limits,
      };
      return { id: `task-${count}`, message, agent, gateway: { socket, token: "t".repeat(32), style } };
    },
    async close() {
      await sim.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

for (const style of ["anthropic", "openai"] as const) {
  engineContract(`builtin (${style})`, async () => ({
    ...(await start(style)),
    messages: {
      answer: "[[text:hello dear world]]",
      answered: "hello dear world",
      hang: '[[tool:bash {"command":"sleep 300"}]]',
      fail: "[[auth]]",
    },
  }));
}

describe("builtin engine", () => {
  const never = new AbortController().signal;

  it("writes and runs a file, over several steps, and keeps the conversation where it was told", async () => {
    const { engine, session, task, close } = await start("anthropic");
    const spec = await session();
    const opened = await engine.open(spec);
    const message = [
      '[[tool:write {"path":"files/outputs/hi.mjs","content":"console.log(6 * 7)"}]]',
      "[[step]]",
      '[[tool:bash {"command":"node files/outputs/hi.mjs"}]]',
      "[[step]]",
      "[[text:It says 42.]]",
    ].join("");
    const results: string[] = [];
    for await (const event of opened.run(task(message), {}, never)) {
      if (event.type === "tool_result") results.push(event.content);
      if (event.type === "done")
        expect(event.metadata).toMatchObject({ status: "completed", result: "It says 42.", num_turns: 3 });
    }
    expect(results.at(-1)).toBe("42\n");
    const lines = (await readFile(spec.historyFile, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.role ?? line.type)).toEqual([
      "session",
      "user",
      "assistant",
      "tool",
      "assistant",
      "tool",
      "assistant",
    ]);
    await opened.close();
    await close();
  });

  it("goes on with what another worker added to the conversation, and forgets one that was deleted", async () => {
    const { engine, session, task, sim, close } = await start("openai");
    const other = createBuiltinEngine({ sandbox, clock: systemClock });
    const spec = await session();
    const [first, second] = [await engine.open(spec), await other.open(spec)];
    const say = async (opened: typeof first, message: string) => {
      for await (const _ of opened.run(task(message), {}, never));
      return JSON.stringify(sim.requests.at(-1)?.body);
    };
    await say(first, "apple");
    expect(await say(second, "pear")).toContain("apple");
    expect(await say(first, "plum")).toMatch(/apple.*pear.*plum/);
    await rm(spec.historyFile);
    expect(await say(first, "fig")).not.toMatch(/apple|pear|plum/);
    expect(await readFile(spec.historyFile, "utf8")).toMatch(/^{"type":"session".*\n.*fig/);
    await first.close();
    await second.close();
    await close();
  });

  it("gives the model the agent's soul and instructions, and never a key", async () => {
    const { engine, session, task, sim, close } = await start("anthropic");
    const opened = await engine.open(await session());
    for await (const _ of opened.run(task("hello"), {}, never));
    const [request] = sim.requests;
    expect(JSON.stringify(request?.body)).toMatch(/be kind.*be brief/);
    expect(request?.headers.authorization).toBe(`Bearer ${"t".repeat(32)}`);
    await opened.close();
    await close();
  });

  it("says plainly that no provider is configured", async () => {
    const { engine, session, task, close } = await start("anthropic");
    const opened = await engine.open(await session());
    const types: string[] = [];
    for await (const event of opened.run({ ...task("hello"), gateway: null }, {}, never)) {
      types.push(event.type);
      if (event.type === "error")
        expect(event.metadata).toMatchObject({ code: "provider_missing", hint: expect.any(String) });
    }
    expect(types).toEqual(["error", "done"]);
    await opened.close();
    await close();
  });
});
