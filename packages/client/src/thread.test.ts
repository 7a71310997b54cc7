import type { HubFrame, Message } from "@anywork/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyFrames, expectMessage, markPending, noteTask, threadFromMessages, withEarlier } from "./thread.ts";
import { emptyThread } from "./thread-view.ts";

type Step = Pick<HubFrame, "type" | "content" | "metadata">;
const step = (type: string, content = "", metadata: Record<string, unknown> = {}): Step => ({
  type,
  content,
  metadata,
});
const status = (kind: string, metadata: Record<string, unknown> = {}, content = "") =>
  step("status", content, { kind, ...metadata });
const done = (state = "completed") =>
  step("done", "", { status: state, retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 5 });

/** Frames of one task; positions (cursors) go on from `pos`. */
function framesOf(taskId: string, steps: Step[], pos = 0): HubFrame[] {
  return steps.map((one, i) => ({
    ...one,
    session_id: "s",
    task_id: taskId,
    seq: i + 1,
    cursor: `c${pos + i + 1}`,
  }));
}
const queued = (message: string, position = 0) =>
  status("queued", { position, message, created_at: "2026-01-01T00:00:00Z" });
const begin = (message: string) => [queued(message), status("running", { attempt: 1, worker_id: "w" })];
const only = (frames: HubFrame[]) => applyFrames(emptyThread, frames).tasks[0];

describe("thread", () => {
  it("shows a task from its first event to its end", () => {
    const task = only(
      framesOf("t", [
        ...begin("Write it"),
        step("reasoning", "Let me "),
        step("reasoning", "think."),
        step("tool_call", "bash", { call_id: "c", args: { command: "ls" } }),
        status("tool_output", { call_id: "c" }, "a\n"),
        status("tool_output", { call_id: "c" }, "b\n"),
        step("tool_result", "a\nb\n", { call_id: "c", ok: true, duration_ms: 12 }),
        step("text", "Two "),
        step("text", "files."),
        step("usage", "", { model: "m", input_tokens: 10, output_tokens: 3, cost_usd: null }),
        done(),
      ]),
    );
    expect(task).toMatchObject({ userText: "Write it", status: "completed", attempt: 1, lastSeq: 12 });
    expect(task?.usage).toEqual({ model: "m", inputTokens: 10, outputTokens: 3 });
    expect(task?.parts).toEqual([
      { type: "reasoning", text: "Let me think.", attempt: 1 },
      {
        type: "tool",
        attempt: 1,
        tool: {
          callId: "c",
          name: "bash",
          args: { command: "ls" },
          live: "a\nb\n",
          output: "a\nb\n",
          ok: true,
          durationMs: 12,
        },
      },
      { type: "text", text: "Two files.", attempt: 1 },
    ]);
  });

  it("takes back what a lost attempt showed, and only that", () => {
    const task = only(
      framesOf("t", [
        ...begin("x"),
        step("text", "kept"),
        status("input_required", { approvals: ["a"] }),
        status("running", { attempt: 2 }),
        step("text", "lost"),
        status("attempt_lost", { attempt: 2 }),
        status("running", { attempt: 3 }),
        step("text", " and new"),
      ]),
    );
    expect(task?.parts.map((part) => part.type === "text" && part.text)).toEqual(["kept", " and new"]);
    expect(task).toMatchObject({ wasLost: true, attempt: 3, status: "running" });
  });

  it("says that a model call is repeated until something comes", () => {
    const frames = framesOf("t", [
      ...begin("x"),
      status("retrying", { code: "provider_overloaded", delay_ms: 5000, retry: 1, of: 4 }),
      step("text", "here"),
    ]);
    expect(only(frames.slice(0, 3))?.retrying).toEqual({
      code: "provider_overloaded",
      delayMs: 5000,
      retry: 1,
      of: 4,
    });
    expect(only(frames)?.retrying).toBeNull();
  });

  it("keeps the error of a failed task with its remedy", () => {
    const error = step("error", "The key was refused.", { code: "provider_auth", hint: "Paste another." });
    const task = only(framesOf("t", [...begin("x"), error, done("failed")]));
    expect(task).toMatchObject({
      status: "failed",
      error: { code: "provider_auth", message: "The key was refused.", hint: "Paste another." },
    });
  });

  it("lets nothing follow the terminal event", () => {
    const task = only(framesOf("t", [...begin("x"), done(), step("text", "late")]));
    expect(task?.parts).toEqual([]);
  });

  it("replaces the message shown at once by the task it became", () => {
    let thread = expectMessage(emptyThread, "1", "first");
    thread = expectMessage(thread, "2", "second");
    thread = applyFrames(thread, framesOf("t", [queued("first")]));
    expect(thread.pending.map((one) => one.text)).toEqual(["second"]);
    expect(thread.tasks.map((one) => one.userText)).toEqual(["first"]);
  });

  it("gives a refusal to the message that was refused", () => {
    const refusal: HubFrame = {
      type: "error",
      content: "Too long.",
      metadata: { code: "invalid_request" },
      session_id: "s",
    };
    const thread = applyFrames(expectMessage(emptyThread, "1", "x"), [refusal]);
    expect(thread.pending[0]).toMatchObject({
      state: "refused",
      error: { code: "invalid_request", message: "Too long." },
    });
  });

  it("shows the task of a message that was held for lost", () => {
    const thread = markPending(expectMessage(emptyThread, "1", "x"), "1", "not_sent");
    expect(applyFrames(thread, framesOf("t", [queued("x")])).pending).toEqual([]);
  });

  const messages: Message[] = [
    { role: "user", content: "old", timestamp: "2026-01-01T00:00:00Z", taskId: "a" },
    {
      role: "assistant",
      content: "done",
      timestamp: "2026-01-01T00:00:01Z",
      taskId: "a",
      parts: [{ type: "text", text: "done" }],
      outcome: { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 1 },
    },
  ];

  it("goes on from the store's messages without repeating them", () => {
    const thread = threadFromMessages(messages, "c4");
    const next = applyFrames(thread, [
      ...framesOf("a", [queued("old"), step("text", "done")]),
      ...framesOf("b", begin("new"), 4),
    ]);
    expect(next.tasks.map((task) => [task.userText, task.status])).toEqual([
      ["old", "completed"],
      ["new", "running"],
    ]);
    expect(next.cursor).toBe("c6");
  });

  it("puts older messages in front, and a task cut by the page's border together", () => {
    const thread = withEarlier(threadFromMessages(messages.slice(1), "c4"), [
      { role: "user", content: "oldest", timestamp: "2025-12-31T00:00:00Z", taskId: "z" },
      ...messages.slice(0, 1),
    ]);
    expect(thread.tasks.map((task) => [task.userText, task.parts.length])).toEqual([
      ["oldest", 0],
      ["old", 1],
    ]);
  });

  it.each(["cursor_reset", "cursor_expired"])("replaces what it showed on %s", (type) => {
    const before = applyFrames(emptyThread, framesOf("x", [...begin("gone"), step("text", "gone")], 10));
    const after = applyFrames(before, [
      { type, content: "", metadata: { messages, cursor: "c4" }, session_id: "s" },
      ...framesOf("b", begin("new"), 4),
    ]);
    expect(after.tasks.map((task) => task.userText)).toEqual(["old", "new"]);
    expect(after.cursor).toBe("c6");
  });

  it("takes times from the task's record", () => {
    const thread = applyFrames(emptyThread, framesOf("t", begin("x")));
    const times = { id: "t", startedAt: "2026-01-01T00:00:02Z", createdAt: "2026-01-01T00:00:01Z" };
    expect(noteTask(thread, times).tasks[0]).toMatchObject({ startedAt: times.startedAt });
    expect(noteTask(thread, { ...times, id: "other" })).toBe(thread);
  });
});

describe("any portions, repeats and replays of the same history", () => {
  const aStep = fc.oneof(
    fc.string({ maxLength: 4 }).map((s) => step("text", s)),
    fc.string({ maxLength: 4 }).map((s) => step("reasoning", s)),
    fc.constantFrom("a", "b").map((id) => step("tool_call", "bash", { call_id: id, args: { id } })),
    fc.constantFrom("a", "b").map((id) => status("tool_output", { call_id: id }, `out ${id}`)),
    fc.constantFrom("a", "b").map((id) => step("tool_result", "r", { call_id: id, ok: true, duration_ms: 1 })),
    fc.integer({ min: 1, max: 3 }).map((attempt) => status("running", { attempt })),
    fc.integer({ min: 1, max: 3 }).map((attempt) => status("attempt_lost", { attempt })),
    fc.constant(status("retrying", { code: "provider_overloaded", delay_ms: 10, retry: 1, of: 3 })),
    fc.constant(step("usage", "", { model: "m", input_tokens: 1, output_tokens: 2 })),
    fc.constant(step("error", "no", { code: "provider_error" })),
    fc.constant(step("something_new", "?")),
  );
  const aTask = fc.tuple(fc.array(aStep, { maxLength: 12 }), fc.boolean());
  const aHistory = fc.array(aTask, { minLength: 1, maxLength: 4 }).map((tasks) => {
    let pos = 0;
    return tasks.flatMap(([steps, isDone], i) => {
      const frames = framesOf(`t${i}`, [queued(`m${i}`), ...steps, ...(isDone ? [done()] : [])], pos);
      pos += frames.length;
      return frames;
    });
  });

  it("give the same thread", () => {
    fc.assert(
      fc.property(aHistory, fc.infiniteStream(fc.nat({ max: 9 })), (history, random) => {
        const next = () => random.next().value ?? 0;
        const pending = expectMessage(emptyThread, "p", "m0");
        const expected = applyFrames(pending, history);
        let thread = pending;
        let at = 0;
        while (at < history.length) {
          const size = next() + 1;
          const portion = history.slice(at, at + size).flatMap((frame) => (next() < 2 ? [frame, frame] : [frame]));
          thread = applyFrames(thread, portion);
          at += size;
          if (next() < 4) at = Math.max(0, at - next()); // the connection broke: replayed from an older cursor
        }
        expect(thread).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("never change a thread that was handed out", () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const half = applyFrames(emptyThread, history.slice(0, history.length / 2));
        const copy = structuredClone(half);
        applyFrames(half, history.slice(history.length / 2));
        expect(half).toEqual(copy);
      }),
      { numRuns: 50 },
    );
  });
});
