import { appendFile, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createModelSim, type ModelSim } from "@anywork/model-sim";
import { type TaskEvent, type TaskEventOf, taskEventSchema } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Agent, type AgentOptions, createAgent } from "./agent.ts";
import { systemClock } from "./clock.ts";
import type { Provider } from "./provider/provider.ts";
import { processesWith } from "./sandbox/process-tree.ts";
import { defineTool } from "./tools/tool.ts";

let base: string;
let sim: ModelSim;
let url: string;
const agents: Agent[] = [];
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "agent-")));
  sim = createModelSim();
  ({ url } = await sim.listen({ port: 0 }));
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  await sim.close();
  await rm(base, { recursive: true, force: true });
});

const slept: number[] = [];
const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) };

function agentWith(options: Partial<AgentOptions> = {}): Agent {
  const provider = { style: "anthropic", baseUrl: `${url}/v1`, apiKey: "key" } as const;
  const workspace = path.join(base, "workspace");
  const agent = createAgent({ provider, model: "sim", workspace, clock, random: () => 0.5, ...options });
  agents.push(agent);
  return agent;
}

async function collect(events: AsyncIterable<TaskEvent>, onEvent?: (event: TaskEvent) => void): Promise<TaskEvent[]> {
  const seen: TaskEvent[] = [];
  for await (const event of events) {
    expect(taskEventSchema.safeParse(event).error).toBeUndefined();
    seen.push(event);
    onEvent?.(event);
  }
  return seen;
}

function doneOf(events: TaskEvent[]): TaskEventOf<"done">["metadata"] {
  const last = events.at(-1);
  if (last?.type !== "done") throw new Error(`the last event is ${last?.type}`);
  return last.metadata;
}

const only = <T extends TaskEvent["type"]>(events: TaskEvent[], type: T): TaskEventOf<T>[] =>
  events.filter((event): event is TaskEventOf<T> => event.type === type);

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error("it never became true");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const textProvider = (text: string): Provider => ({
  async *stream() {
    yield { type: "text", text };
    yield { type: "usage", usage: { input_tokens: 1_000_000, output_tokens: 1_000_000 } };
    yield { type: "finish", reason: "stop" };
  },
});

describe("agent", () => {
  it("answers, remembers, and tells tokens, cost and time of each call", async () => {
    const agent = agentWith();
    const first = await collect(agent.run("[[text:one]][[usage:in=10,out=5]]"));
    expect(only(first, "usage")[0]?.metadata).toMatchObject({
      model: "sim",
      input_tokens: 10,
      output_tokens: 5,
      cost_usd: null,
      first_token_ms: expect.any(Number),
    });
    await collect(agent.run("[[text:two]]"));
    const body = sim.requests.at(-1)?.body as { messages: { role: string }[] };
    expect(body.messages.map((message) => message.role)).toEqual(["user", "assistant", "user"]);
  });

  it("adds up what the calls cost where the price is known", async () => {
    const agent = agentWith({ provider: textProvider("hi"), model: "claude-sonnet-4-5" });
    expect(doneOf(await collect(agent.run("x"))).cost_usd).toBe(18);
  });

  it("runs the calls of one answer at the same time and answers each", async () => {
    let running = 0;
    let most = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    const meet = defineTool({
      name: "meet",
      description: "waits for the other",
      permission: "read",
      schema: z.object({ n: z.number() }),
      async execute({ n }) {
        running += 1;
        most = Math.max(most, running);
        if (running === 2) open();
        await both;
        return { ok: true, output: `met ${n}` };
      },
    });
    const events = await collect(
      agentWith({ tools: [meet] }).run('[[tool:meet {"n":1}]][[tool:meet {"n":2}]][[step]][[text:done]]'),
    );
    expect(most).toBe(2);
    const calls = only(events, "tool_call").map((event) => event.metadata.call_id);
    expect(new Set(calls).size).toBe(2);
    expect(
      only(events, "tool_result")
        .map((event) => event.metadata.call_id)
        .sort(),
    ).toEqual(calls.sort());
    expect(doneOf(events)).toMatchObject({ status: "completed", result: "done", num_turns: 2 });
  });

  it("shows a command's output while it runs", async () => {
    const canceler = new AbortController();
    const command = "echo early; sleep 300";
    const events = await collect(
      agentWith().run(`[[tool:bash ${JSON.stringify({ command })}]]`, { signal: canceler.signal }),
      (event) => {
        if (event.type === "status" && event.content.includes("early")) canceler.abort();
      },
    );
    expect(only(events, "status")[0]?.metadata).toMatchObject({ kind: "tool_output", call_id: expect.any(String) });
    expect(doneOf(events).status).toBe("canceled");
  });

  it("tells the model what was wrong with a call, and goes on", async () => {
    const events = await collect(
      agentWith().run(
        '[[tool:nothing {}]][[step]][[tool:bash {"cmd":"ls"}]][[step]][[toolbad:bash]][[step]][[text:sorry]]',
      ),
    );
    const results = only(events, "tool_result");
    expect(results.map((event) => event.metadata.ok)).toEqual([false, false, false]);
    expect(results.map((event) => event.content)).toEqual([
      expect.stringContaining("no tool nothing"),
      expect.stringContaining("command"),
      expect.stringContaining("not valid JSON"),
    ]);
    expect(doneOf(events)).toMatchObject({ status: "completed", result: "sorry" });
  });

  it("gives up on a model that calls its tools wrongly five times in a row", async () => {
    const events = await collect(agentWith().run("[[tool:nothing {}]][[step]]".repeat(9)));
    expect(only(events, "tool_result")).toHaveLength(5);
    expect(doneOf(events)).toMatchObject({ status: "failed", code: "engine_failed" });
  });

  it("stops after the steps it was given", async () => {
    const step = '[[tool:bash {"command":"true"}]][[step]]';
    const events = await collect(agentWith({ maxSteps: 3 }).run(step.repeat(9)));
    expect(doneOf(events)).toMatchObject({ status: "failed", code: "too_many_steps", num_turns: 3 });
  });

  it("repeats an overloaded call and says so", async () => {
    const events = await collect(agentWith().run("[[529x2]][[text:hello]]"));
    expect(only(events, "status").map((event) => event.metadata)).toEqual([
      expect.objectContaining({ kind: "retrying", code: "provider_overloaded", retry: 1, of: 4 }),
      expect.objectContaining({ kind: "retrying", retry: 2 }),
    ]);
    expect(doneOf(events)).toMatchObject({ status: "completed", result: "hello" });
  });

  it("keeps what was shown of an answer that broke, and says that a retry makes sense", async () => {
    const agent = agentWith();
    const events = await collect(agent.run("[[text:one two three four five six]][[cut:3]]"));
    const done = doneOf(events);
    expect(done).toMatchObject({ status: "failed", retryable: true });
    expect(done.result).not.toBe("");
    expect(
      only(events, "text")
        .map((event) => event.content)
        .join(""),
    ).toBe(done.result);
    await collect(agent.run("[[text:again]]"));
    expect(JSON.stringify(sim.requests.at(-1)?.body)).toContain(`"text":"${done.result?.trimEnd()}`);
  });

  it("does not keep a message that no answer came to", async () => {
    const agent = agentWith();
    await collect(agent.run("poison [[400]]"));
    expect(doneOf(await collect(agent.run("[[text:fine]]"))).status).toBe("completed");
    expect(JSON.stringify(sim.requests.at(-1)?.body)).not.toContain("poison");
  });

  it("ends running tools on cancel, and the next message finds a whole conversation", async () => {
    const agent = agentWith();
    const canceler = new AbortController();
    const command = `MARK=${base} sh -c '(setsid sleep 300 &); sleep 300'`;
    const running = collect(agent.run(`[[tool:bash ${JSON.stringify({ command })}]]`, { signal: canceler.signal }));
    await until(() => processesWith(`MARK=${base}`).length >= 2);
    canceler.abort();
    const events = await running;
    expect(events.slice(-2).map((event) => event.type)).toEqual(["tool_result", "done"]);
    expect(doneOf(events).status).toBe("canceled");
    expect(processesWith(`MARK=${base}`)).toEqual([]);
    expect(doneOf(await collect(agent.run("[[text:here]]"))).status).toBe("completed");
    const body = sim.requests.at(-1)?.body as { messages: { content: { type: string }[] }[] };
    const types = body.messages.flatMap((message) => message.content.map((part) => part.type));
    expect(types.filter((type) => type.startsWith("tool_"))).toEqual(["tool_use", "tool_result"]);
  });

  it("ends background commands on cancel and on close", async () => {
    const agent = agentWith();
    const command = JSON.stringify({ command: `MARK=${base} sleep 300`, background: true });
    await collect(agent.run(`[[tool:bash ${command}]][[step]][[text:started]]`));
    await until(() => processesWith(`MARK=${base}`).length > 0);
    await agent.close();
    expect(processesWith(`MARK=${base}`)).toEqual([]);
  });

  it("cancels when its reader goes away, and can be asked again", async () => {
    const agent = agentWith();
    const command = JSON.stringify({ command: `MARK=${base} sleep 300` });
    for await (const event of agent.run(`[[tool:bash ${command}]]`)) if (event.type === "tool_call") break;
    await until(() => processesWith(`MARK=${base}`).length === 0);
    expect(doneOf(await collect(agent.run("[[text:here]]"))).status).toBe("completed");
  });

  it("refuses a second task while one runs", async () => {
    const agent = agentWith();
    const canceler = new AbortController();
    const hanging = agent.run("[[text:a b c]][[stall:1]]", { signal: canceler.signal })[Symbol.asyncIterator]();
    await hanging.next();
    expect(doneOf(await collect(agent.run("hi")))).toMatchObject({ status: "failed", code: "conflict" });
    canceler.abort();
    for (let next = await hanging.next(); !next.done; ) next = await hanging.next();
  });

  it("tells a workspace that cannot be made as a failure", async () => {
    await writeFile(path.join(base, "file"), "");
    const events = await collect(agentWith({ workspace: path.join(base, "file", "w") }).run("hi"));
    expect(doneOf(events)).toMatchObject({ status: "failed", code: "engine_failed" });
  });
});

describe("history", () => {
  const file = () => path.join(base, "sessions", "s.jsonl");
  const roles = async () =>
    (await readFile(file(), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).role ?? "head");

  it("goes on tomorrow where it ended today", async () => {
    await collect(agentWith({ historyFile: file() }).run("[[text:one]]"));
    await collect(agentWith({ historyFile: file() }).run("[[text:two]]"));
    expect(await roles()).toEqual(["head", "user", "assistant", "user", "assistant"]);
    const body = sim.requests.at(-1)?.body as { messages: unknown[] };
    expect(body.messages).toHaveLength(3);
  });

  it("cuts off a torn last line", async () => {
    await collect(agentWith({ historyFile: file() }).run("[[text:one]]"));
    await appendFile(file(), '{"role":"user","cont');
    expect(doneOf(await collect(agentWith({ historyFile: file() }).run("[[text:two]]"))).status).toBe("completed");
    expect(await roles()).toEqual(["head", "user", "assistant", "user", "assistant"]);
  });

  it("gives a call whose result was never written one that says so", async () => {
    await collect(agentWith({ historyFile: file() }).run('[[tool:bash {"command":"true"}]][[step]][[text:one]]'));
    const lines = (await readFile(file(), "utf8")).split("\n");
    await writeFile(file(), `${lines.slice(0, 3).join("\n")}\n`);
    await collect(agentWith({ historyFile: file() }).run("[[text:two]]"));
    expect(await roles()).toEqual(["head", "user", "assistant", "tool", "user", "assistant"]);
    expect(JSON.stringify(sim.requests.at(-1)?.body)).toContain("unknown");
  });

  it("names the line that it cannot understand", async () => {
    await collect(agentWith({ historyFile: file() }).run("[[text:one]]"));
    await appendFile(file(), "nonsense\n");
    const events = await collect(agentWith({ historyFile: file() }).run("[[text:two]]"));
    expect(only(events, "error")[0]?.content).toContain("line 4");
  });
});
