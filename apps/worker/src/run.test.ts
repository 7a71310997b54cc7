import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineSession, EngineTask } from "@anywork/engines";
import { canceled, type TaskEvent } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJournal, type Journal } from "./journal.ts";
import { type Run, startRun } from "./run.ts";

let folder: string;
let journal: Journal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aw-run-"));
  journal = createJournal(join(folder, "t.1.sse"), 1024 * 1024);
});
afterEach(() => {
  journal.end();
  rmSync(folder, { recursive: true, force: true });
});

const limits = { max_steps: 5, idle_timeout_ms: 60_000, total_timeout_ms: 60_000 };
const agent = { name: "a", engine: "test", model: "m", soul: "", instructions: "", limits };
const task: EngineTask = { id: "t", message: "hi", agent, gateway: null };
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });
const done: TaskEvent = {
  type: "done",
  content: "",
  metadata: { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 0 },
};

/** An engine of the port's shape whose run is the given one. */
function runWith(run: EngineSession["run"], options: { graceMs?: number; task?: EngineTask } = {}): Run {
  const session: EngineSession = { run, answer: async () => undefined, close: async () => undefined };
  return startRun({ journal, open: async () => session, task, resume: undefined, graceMs: 50, ...options });
}

function journaled(): { type: string; data: { content: string; metadata: Record<string, unknown> } }[] {
  const frames = readFileSync(journal.path, "utf8").split("\n\n").slice(0, -1);
  return frames.map((frame, at) => {
    const [event = "", id, data = ""] = frame.split("\n");
    expect(id).toBe(`id: ${at + 1}`);
    return { type: event.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
  });
}
const types = () => journaled().map(({ type }) => type);
const last = () => journaled().at(-1)?.data.metadata;

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

describe("one attempt", () => {
  it("an engine that throws has failed with what it said", async () => {
    const run = runWith(async function* () {
      yield text("so far");
      throw new Error("it broke");
    });
    expect(await run.ended).toBe(true);
    expect(types()).toEqual(["text", "error", "done"]);
    expect(journaled()[1]?.data.content).toBe("it broke");
    expect(last()).toMatchObject({ status: "failed", code: "engine_failed", retryable: true });
  });

  it("an engine that cannot be opened has failed", async () => {
    const open = () => Promise.reject(new Error("no history"));
    await startRun({ journal, open, task, resume: undefined }).ended;
    expect(types()).toEqual(["error", "done"]);
  });

  it("nothing follows the last event, whatever the engine still says", async () => {
    const run = runWith(async function* () {
      yield done;
      yield text("and another thing");
      yield done;
    });
    await run.ended;
    expect(types()).toEqual(["done"]);
  });

  it("an event of a wrong shape fails the attempt instead of breaking the stream", async () => {
    const run = runWith(async function* () {
      yield { type: "tool_call", content: "x", metadata: {} } as unknown as TaskEvent;
    });
    await run.ended;
    expect(last()).toMatchObject({ status: "failed", code: "engine_failed" });
  });

  it("an engine that hears cancel ends with its own costs, and its errors on the way are not shown", async () => {
    const run = runWith(async function* (_, __, signal) {
      yield text("…");
      await untilAborted(signal);
      yield text("cleaning up");
      yield { type: "error", content: "aborted", metadata: { code: "engine_failed" } };
      yield { ...canceled({ cost_usd: 2, num_turns: 3 }) };
    });
    run.cancel();
    expect(await run.ended).toBe(true);
    expect(types()).toEqual(["text", "text", "done"]);
    expect(last()).toMatchObject({ status: "canceled", cost_usd: 2, num_turns: 3 });
  });

  it("an engine that does not hear cancel is ended after the grace, and its session is not used again", async () => {
    const run = runWith(async function* () {
      yield text("…");
      await new Promise(() => undefined);
    });
    run.cancel();
    expect(await run.ended).toBe(false);
    expect(types()).toEqual(["text", "done"]);
    expect(last()).toMatchObject({ status: "canceled" });
  });

  it("a result that came just before cancel counts", async () => {
    const run = runWith(async function* (_, __, signal) {
      yield text("…");
      await untilAborted(signal);
      yield done;
    });
    run.cancel();
    await run.ended;
    expect(last()).toMatchObject({ status: "completed" });
  });

  it("a timeout fails the attempt even when the engine calls it canceled", async () => {
    const hurried = { ...task, agent: { ...agent, limits: { ...limits, idle_timeout_ms: 20 } } };
    const run = runWith(
      async function* (_, __, signal) {
        yield text("…");
        await untilAborted(signal);
        yield canceled({ cost_usd: 1 });
      },
      { task: hurried },
    );
    await run.ended;
    expect(types()).toEqual(["text", "error", "done"]);
    expect(last()).toMatchObject({ status: "failed", reason: "idle_timeout", cost_usd: 1, retryable: true });
  });

  it("waiting for a person's answer is not idling", async () => {
    const hurried = { ...task, agent: { ...agent, limits: { ...limits, idle_timeout_ms: 20, total_timeout_ms: 200 } } };
    const run = runWith(
      async function* (_, __, signal) {
        yield { type: "approval_request", content: "may I", metadata: { approval_id: "1", tool: "x", args: {} } };
        await untilAborted(signal);
        yield canceled();
      },
      { task: hurried },
    );
    await run.ended;
    expect(last()).toMatchObject({ reason: "total_timeout" });
  });

  it("an engine that never stops talking ends with journal_full, and is told to stop", async () => {
    let stopped: AbortSignal | undefined;
    const run = runWith(async function* (_, __, signal) {
      stopped = signal;
      for (;;) yield text("x".repeat(10_000));
    });
    await run.ended;
    expect(types().slice(-2)).toEqual(["error", "done"]);
    expect(last()).toMatchObject({ status: "failed", code: "journal_full" });
    expect(stopped?.aborted).toBe(true);
  });

  it("an engine that says much at once lets cancel through", async () => {
    const run = runWith(async function* (_, __, signal) {
      for (let at = 0; !signal.aborted; at++) yield text(`${at} `);
      yield canceled();
    });
    setImmediate(() => run.cancel());
    await run.ended;
    expect(last()).toMatchObject({ status: "canceled" });
  });
});
