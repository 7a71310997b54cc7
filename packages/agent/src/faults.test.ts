import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createModelSim, type ModelSim } from "@anywork/model-sim";
import type { ProviderStyle, TaskEvent } from "@anywork/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "./agent.ts";
import { systemClock } from "./clock.ts";

let base: string;
let sim: ModelSim;
let url: string;
beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), "faults-"));
  sim = createModelSim();
  ({ url } = await sim.listen({ port: 0 }));
});
afterAll(async () => {
  await sim.close();
  await rm(base, { recursive: true, force: true });
});

async function ask(message: string, style: ProviderStyle): Promise<TaskEvent[]> {
  const idleTimeoutMs = /stall|pings/.test(message) ? 400 : 20_000;
  const agent = createAgent({
    provider: { style, baseUrl: `${url}/v1`, apiKey: "key", idleTimeoutMs },
    model: "sim",
    workspace: base,
    clock: { ...systemClock, sleep: async () => undefined },
  });
  const events: TaskEvent[] = [];
  for await (const event of agent.run(message)) events.push(event);
  await agent.close();
  return events;
}

const failures: [fault: string, code: string, retryable: boolean, calls: number][] = [
  ["[[auth]]", "provider_auth", false, 1],
  ["[[403]]", "provider_auth", false, 1],
  ["[[400]]", "provider_error", false, 1],
  ["[[413]]", "context_overflow", false, 1],
  ["[[429]]", "provider_rate_limited", true, 5],
  ["[[529]]", "provider_overloaded", true, 5],
  ["[[500]]", "provider_error", true, 5],
  ["[[502]]", "provider_error", true, 5],
  ["[[cut:2]]", "provider_unreachable", true, 1],
  ["[[nostop]]", "provider_protocol", true, 1],
  ["[[malformed:2]]", "provider_protocol", true, 1],
  ["[[stall:2]]", "provider_stalled", true, 1],
  ["[[pings:50]]", "provider_stalled", true, 1],
];

describe.each(["anthropic", "openai"] as const)("a provider (%s) that fails", (style) => {
  it.each(failures)("with %s fails the task as %s", async (fault, code, retryable, calls) => {
    const before = sim.requests.length;
    const events = await ask(`[[text:one two three four five]]${fault}`, style);
    const [error, done] = events.slice(-2);
    expect(error).toMatchObject({ type: "error", metadata: { code, hint: expect.any(String) } });
    expect(done).toMatchObject({ type: "done", metadata: { status: "failed", code, retryable } });
    expect(sim.requests.length - before).toBe(calls);
  });

  it.each(["[[crlf]]", "[[split]]", "[[split:1]]", "[[429:retry-after=1 x1]]", "[[529x3]]", "[[500x1]]"])(
    "with %s in the end answers all the same",
    async (oddity) => {
      const events = await ask(`[[text:grüße 🙂 an alle]]${oddity}`, style);
      const text = events.map((event) => (event.type === "text" ? event.content : "")).join("");
      expect(text).toBe("grüße 🙂 an alle");
      expect(events.at(-1)).toMatchObject({ type: "done", metadata: { status: "completed", result: text } });
    },
  );

  it("shows reasoning apart from the answer", async () => {
    const events = await ask("[[reasoning:let me see]][[text:yes]]", style);
    const reasoning = events.map((event) => (event.type === "reasoning" ? event.content : "")).join("");
    expect(reasoning).toBe("let me see");
    expect(events.at(-1)).toMatchObject({ metadata: { result: "yes" } });
  });

  it("says that the answer reached its limit", async () => {
    const events = await ask("[[text:unfinis]][[stop:max_tokens]]", style);
    expect(events.at(-1)).toMatchObject({ metadata: { status: "completed", reason: "max_output_tokens" } });
  });

  it("says that the answer was refused", async () => {
    const events = await ask("[[stop:refusal]]", style);
    expect(events.at(-1)).toMatchObject({ metadata: { status: "failed", code: "provider_error", retryable: false } });
  });
});
