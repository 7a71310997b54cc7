import type { HubFrame } from "@anywork/protocol";
import { describe, expect, it } from "vitest";
import { createFollower } from "./follower.ts";

const frame = (type: string, rest: Partial<HubFrame> = {}): HubFrame => ({
  type,
  content: "",
  metadata: {},
  session_id: "s",
  ...rest,
});
const queued = (task_id: string, message: string, metadata = {}) =>
  frame("status", { task_id, seq: 1, metadata: { kind: "queued", message, ...metadata } });
const done = (task_id: string, seq: number) =>
  frame("done", {
    task_id,
    seq,
    metadata: { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 1 },
  });
const follow = (known: string[] = []) => createFollower({ sessionId: "s", message: "mine", known: new Set(known) });

describe("the follower of one task", () => {
  it("takes the task that carries its message and leaves out others of the session", () => {
    const follower = follow(["old"]);
    expect(follower.take(frame("text", { task_id: "other", seq: 3, content: "no" })).kind).toBe("ignore");
    expect(follower.take(queued("old", "mine")).kind).toBe("ignore");
    expect(follower.take(queued("repeat", "mine", { retry_of: "old" })).kind).toBe("ignore");
    expect(follower.take(queued("new", "mine")).kind).toBe("show");
    expect(follower.take(done("other", 9)).kind).toBe("ignore");
    expect(follower.take(done("new", 2))).toMatchObject({ kind: "ended", outcome: { status: "completed" } });
  });

  it("shows nothing twice when events are replayed", () => {
    const follower = follow();
    follower.take(queued("new", "mine"));
    follower.take(frame("text", { task_id: "new", seq: 2 }));
    expect(follower.take(frame("text", { task_id: "new", seq: 2 })).kind).toBe("ignore");
    expect(follower.take(frame("text", { task_id: "new", seq: 3 })).kind).toBe("show");
  });

  it("a refusal counts only before the task is known, and never for a cancel that came too late", () => {
    const follower = follow();
    expect(follower.take(frame("error", { metadata: { code: "not_found" } })).kind).toBe("ignore");
    expect(follower.take(frame("error", { metadata: { code: "invalid_request" } })).kind).toBe("refused");
    follower.take(queued("new", "mine"));
    expect(follower.take(frame("error", { metadata: { code: "invalid_request" } })).kind).toBe("show");
    expect(follower.take(frame("error", { metadata: { code: "task_terminal" } })).kind).toBe("ignore");
  });

  it("a snapshot that holds the end of its task ends it", () => {
    const follower = follow();
    follower.take(queued("new", "mine"));
    const { metadata: outcome } = done("new", 1);
    const messages = [{ role: "assistant", taskId: "new", content: "x", timestamp: "", outcome }];
    expect(follower.take(frame("cursor_reset", { metadata: { messages, cursor: "c9" } })).kind).toBe("ended");
  });
});
