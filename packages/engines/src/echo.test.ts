import { systemClock } from "@anywork/agent";
import type { Resume, TaskEvent } from "@anywork/protocol";
import { engineContract } from "@anywork/testkit";
import { describe, expect, it } from "vitest";
import { createEchoEngine } from "./echo.ts";
import type { EngineTask } from "./engine.ts";

const session = { id: "s", workspace: "/nowhere", historyFile: "/nowhere.jsonl" };
let tasks = 0;
function task(message: string): EngineTask {
  tasks += 1;
  const limits = { max_steps: 1, idle_timeout_ms: 1000, total_timeout_ms: 1000 };
  const agent = { name: "default", engine: "echo", model: "echo", soul: "", instructions: "", limits };
  return { id: `task-${tasks}`, message, agent, gateway: null };
}

engineContract("echo", async () => ({
  engine: createEchoEngine({ clock: systemClock }),
  session: async () => session,
  task,
  messages: {
    answer: "hello dear world",
    answered: "hello dear world",
    hang: "/hang",
    fail: "/fail because",
    park: "/park hello dear world",
    ask: "/ask hello dear world",
  },
  close: async () => undefined,
}));

describe("echo engine", () => {
  const run = async (message: string, resume?: Resume) => {
    const opened = await createEchoEngine({ clock: systemClock }).open(session);
    const events: TaskEvent[] = [];
    for await (const event of opened.run(task(message), { resume }, new AbortController().signal)) events.push(event);
    return events;
  };

  it("sends one delta per word and loses no white space", async () => {
    const events = await run("  one  two\nthree ");
    const deltas = events.filter((event) => event.type === "text").map((event) => event.content);
    expect(deltas).toEqual(["  ", "one  ", "two\n", "three "]);
  });

  it("sends as many deltas as a burst asks for", async () => {
    const events = await run("/burst 1000");
    expect(events.filter((event) => event.type === "text")).toHaveLength(1000);
  });

  it("ends without a terminal event when told so, so that the reader's answer to that can be tested", async () => {
    const events = await run("/silent-end bye");
    expect(events).toEqual([{ type: "text", content: "bye", metadata: {} }]);
  });

  it("says no when an approval is denied", async () => {
    const events = await run("/park it", { approval_id: "x", decision: "deny" });
    expect(events.at(-1)?.metadata).toMatchObject({ result: "not allowed: it" });
  });
});
