// The way of one message over a real hub, worker and store: what every client may rely on.
import type { HubFrame } from "@anywork/protocol";
import { type HubProcess, startHubProcess } from "@anywork/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chat,
  createTask,
  doneOf,
  expectLawful,
  getTask,
  isDone,
  logsOf,
  rawOf,
  runTask,
  textOf,
  untilEnded,
} from "./tasks.ts";

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});
afterAll(() => hub.stop());

const ofTasks = (frames: readonly HubFrame[]) => frames.filter((frame) => frame.task_id !== undefined);

describe("a chat over the socket", () => {
  test.each([{ session_id: null }, {}])("opens a session first when it names none (%j)", async (asked) => {
    const socket = await hub.socket();
    const frames = await chat(socket, { message: "good day to you", ...asked });
    const [first] = frames;
    expect(first).toMatchObject({ type: "session_created", metadata: { title: "good day to you", agent: "echo" } });
    expect(first?.session_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(new Set(frames.map((frame) => frame.session_id))).toEqual(new Set([first?.session_id]));
    expect(frames.filter((frame) => frame.type === "session_created")).toHaveLength(1);
    expect(textOf(frames)).toBe("good day to you");
    socket.close();
  });

  test("gets frames numbered from 1 with cursors, then one done, and nothing after it", async () => {
    const socket = await hub.socket();
    const frames = ofTasks(await chat(socket, { message: "one two three" }));
    expectLawful(frames);
    expect(frames[0]).toMatchObject({
      type: "status",
      metadata: { kind: "queued", position: 0, message: "one two three" },
    });
    expect(frames[1]).toMatchObject({ type: "status", metadata: { kind: "running", attempt: 1 } });
    expect(frames.at(-1)?.metadata).toMatchObject({ status: "completed", retryable: false, result: "one two three" });
    const count = socket.frames.length;
    socket.send({ type: "ping" });
    await socket.until((frame) => frame.type === "pong");
    expect(socket.frames).toHaveLength(count + 1);
    socket.close();
  });

  test("is kept: logs, task and conversation say what the frames said", async () => {
    const socket = await hub.socket();
    const frames = ofTasks(await chat(socket, { message: "keep this" }));
    const id = frames[0]?.task_id ?? "";
    const shown = frames.map(({ seq, type, content, metadata }) => ({ seq, type, content, metadata }));
    const stored = (await logsOf(hub, id)).map(({ timestamp: _, ...rest }) => rest);
    expect(stored).toEqual(shown);
    expect((await logsOf(hub, id, 2)).map((entry) => entry.seq)).toEqual(frames.map((frame) => frame.seq));
    const task = await getTask(hub, id);
    expect(task).toMatchObject({ status: "completed", result: "keep this", attempt: 1, error: null, reason: null });
    expect(task.inputTokens).toBe(2);
    expect(task.workerId).toBe(hub.workers()[0]?.id);
    const path = `/api/sessions/${task.sessionId}/messages`;
    const { messages, cursor } = (await hub.http("GET", path)).reply("sessionMessages");
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "keep this"],
      ["assistant", "keep this"],
    ]);
    expect(cursor).toBe(frames.at(-1)?.cursor);
    socket.close();
  });

  test("may name a session id of the caller's own, which is opened", async () => {
    const socket = await hub.socket();
    const own = "PR-17:review.2_x";
    const frames = await chat(socket, { message: "look at it", session_id: own });
    expect(frames[0]).toMatchObject({ type: "session_created", session_id: own });
    expect((await hub.http("GET", `/api/sessions/${own}`)).reply("getSession")).toMatchObject({
      id: own,
      title: "look at it",
      channel: "webchat",
      agent: "echo",
      status: "completed",
    });
    const again = await chat(socket, { message: "and again", session_id: own });
    expect(again.some((frame) => frame.type === "session_created")).toBe(false);
    socket.close();
  });

  test("text in every script comes back as it was sent", async () => {
    const socket = await hub.socket();
    const message = 'žluťoučký 日本語 🧑‍🚀 \\n "quoted" \u2028\u2029 \u0000 </script> end';
    expect(textOf(await chat(socket, { message }))).toBe(message);
    socket.close();
  });

  test("a client that knows only type, content and session_id sees a failure as error, then done", async () => {
    const socket = await hub.socket();
    const frames = await chat(socket, { message: "/fail it broke" });
    expect(frames.slice(-2).map(({ type, content }) => ({ type, content }))).toEqual([
      { type: "error", content: "it broke" },
      { type: "done", content: "" },
    ]);
    expectLawful(ofTasks(frames));
    socket.close();
  });

  test("a refused one is answered by error, then done, too", async () => {
    const socket = await hub.socket();
    const frames = await chat(socket, { message: "hi", agent: "nobody", session_id: "refused-1" });
    expect(frames.map((frame) => frame.type)).toEqual(["error", "done"]);
    expect(frames[0]).toMatchObject({ session_id: "refused-1", metadata: { code: "invalid_request", field: "agent" } });
    expect((await hub.http("GET", "/api/sessions/refused-1")).status).toBe(404);
    socket.close();
  });
});

describe("many tasks", () => {
  test("ten messages at once to one session run in order, one after the other, each with exactly one done", async () => {
    const socket = await hub.socket();
    const words = Array.from({ length: 10 }, (_, at) => `message-${at}`);
    for (const message of words) socket.send({ type: "chat", agent: "echo", session_id: "ten", message });
    await socket.until((frame) => isDone(frame) && frame.metadata.result === "message-9");
    const frames = ofTasks(socket.frames);
    const ids = [...new Set(frames.map((frame) => frame.task_id))];
    expect(ids).toHaveLength(10);
    for (const [at, id] of ids.entries()) {
      const mine = frames.filter((frame) => frame.task_id === id);
      expectLawful(mine);
      expect(textOf(mine)).toBe(words[at]);
    }
    // One lane: what is not `queued` comes task after task, never mixed.
    const working = frames
      .filter((frame) => frame.metadata.kind !== "queued")
      .map((frame) => ids.indexOf(frame.task_id));
    expect(working).toEqual([...working].sort((a, b) => a - b));
    const { tasks } = (await hub.http("GET", "/api/sessions/ten/tasks")).reply("sessionTasks");
    expect(tasks.map((task) => task.message)).toEqual([...words].reverse());
    socket.close();
  });

  test("two sessions work at the same time", async () => {
    const waiting = await createTask(hub, { message: "/hang", sessionId: "parallel-1" });
    const quick = await runTask(hub, { message: "not held up", sessionId: "parallel-2" });
    expect(quick.status).toBe("completed");
    expect((await getTask(hub, waiting.id)).status).toBe("running");
    await hub.http("POST", `/api/tasks/${waiting.id}/cancel`);
    await untilEnded(hub, waiting.id);
  });

  test("a message sent while one runs says that it is queued, and runs after it", async () => {
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", session_id: "queue", message: "/slow 60 a b c d e f" });
    await socket.until((frame) => frame.type === "text");
    socket.send({ type: "chat", agent: "echo", session_id: "queue", message: "second" });
    const queued = await socket.until((frame) => frame.metadata.message === "second");
    expect(queued).toMatchObject({ type: "status", seq: 1, metadata: { kind: "queued", position: 1 } });
    await socket.until((frame) => isDone(frame) && frame.metadata.result === "second");
    const firstDone = socket.frames.findIndex(isDone);
    const secondRuns = socket.frames.findIndex((f) => f.task_id === queued.task_id && f.metadata.kind === "running");
    expect(secondRuns).toBeGreaterThan(firstDone);
    socket.close();
  });

  test("more than 100 waiting messages of one session are refused with what to do", async () => {
    const first = await createTask(hub, { message: "/hang", sessionId: "full" });
    for (let n = 0; n < 100; n += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, at) => createTask(hub, { message: `${n + at}`, sessionId: "full" })),
      );
    }
    const refused = await hub.http("POST", "/api/tasks", { message: "one more", sessionId: "full", agent: "echo" });
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("10");
    expect(refused.refusal()).toMatchObject({ code: "too_many_requests", hint: expect.stringContaining("cancel") });
    expect((await hub.http("DELETE", "/api/sessions/full")).status).toBe(200);
    expect((await hub.http("GET", `/api/tasks/${first.id}`)).status).toBe(404);
  });
});

describe("a second device", () => {
  test("sees live what the first one asks, byte for byte", async () => {
    const [phone, laptop] = [await hub.socket(), await hub.socket()];
    await chat(phone, { message: "hello", session_id: "devices" });
    laptop.send({ type: "subscribe", session_id: "devices" });
    await laptop.until(isDone);
    await chat(phone, { message: "and now together", session_id: "devices" });
    await laptop.until((frame) => frame.metadata.result === "and now together");
    expect(laptop.raw).toEqual(phone.raw.filter((_, at) => phone.frames[at]?.task_id !== undefined));
    phone.close();
    laptop.close();
  });

  test("subscribes with a cursor, any cursor, and gets precisely the rest, byte for byte", async () => {
    const live = await hub.socket();
    await chat(live, { message: "first of two", session_id: "cursors" });
    await chat(live, { message: "second of two", session_id: "cursors" });
    const all = live.raw.filter((_, at) => live.frames[at]?.task_id !== undefined);
    const last = JSON.parse(all.at(-1) ?? "") as HubFrame;
    for (const after of [undefined, ...all.map((raw) => (JSON.parse(raw) as HubFrame).cursor)]) {
      const reader = await hub.socket();
      reader.send({ type: "subscribe", session_id: "cursors", ...(after && { after }) });
      reader.send({ type: "ping" });
      await reader.until((frame) => frame.type === "pong");
      const got = reader.raw.filter((_, at) => reader.frames[at]?.type !== "pong");
      const from = after === undefined ? 0 : all.findIndex((raw) => (JSON.parse(raw) as HubFrame).cursor === after) + 1;
      expect(got).toEqual(all.slice(from));
      reader.close();
    }
    expect(last.type).toBe("done");
    live.close();
  });

  test("subscribing while words stream in has no gap and no repeat", async () => {
    const live = await hub.socket();
    const words = Array.from({ length: 40 }, (_, at) => `w${at}`).join(" ");
    live.send({ type: "chat", agent: "echo", session_id: "late", message: `/slow 10 ${words}` });
    const readers = [];
    for (let at = 0; at < 5; at += 1) {
      await live.until((frame) => frame.content === `w${at * 7} `);
      const reader = await hub.socket();
      reader.send({ type: "subscribe", session_id: "late" });
      readers.push(reader);
    }
    const done = await live.until(isDone);
    for (const reader of readers) {
      await reader.until(isDone);
      expect(reader.raw).toEqual(rawOf(live, done.task_id));
      reader.close();
    }
    live.close();
  });

  test("a cursor that is ahead of the store is reset to what is kept", async () => {
    const live = await hub.socket();
    const frames = await chat(live, { message: "little", session_id: "ahead" });
    live.send({ type: "subscribe", session_id: "ahead", after: "c999999" });
    const reset = await live.until((frame) => frame.type === "cursor_reset");
    expect(reset.metadata).toMatchObject({ cursor: frames.at(-1)?.cursor });
    expect((reset.metadata.messages as { content: string }[]).map(({ content }) => content)).toEqual([
      "little",
      "little",
    ]);
    live.close();
  });

  test("unsubscribing ends the frames and nothing else", async () => {
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", session_id: "leave", message: "/slow 50 a b c d" });
    const { task_id = "" } = await socket.until((frame) => frame.type === "text");
    socket.send({ type: "unsubscribe", session_id: "leave" });
    expect((await untilEnded(hub, task_id)).status).toBe("completed");
    expect(socket.frames.some(isDone)).toBe(false);
    socket.close();
  });

  test("disconnecting never cancels", async () => {
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", session_id: "gone", message: "/slow 40 still here when you come back" });
    const { task_id = "" } = await socket.until((frame) => frame.type === "text");
    socket.close();
    expect(await untilEnded(hub, task_id)).toMatchObject({
      status: "completed",
      result: "still here when you come back",
    });
  });
});

describe("events over HTTP", () => {
  async function events(id: string, headers = {}, query = ""): Promise<{ id: string; event: string; data: string }[]> {
    const answer = await hub.http("GET", `/api/tasks/${id}/events${query}`, undefined, headers);
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    return answer.text
      .split("\n\n")
      .filter((block) => block.startsWith("id:"))
      .map((block) => {
        const [, cursor = "", event = "", data = ""] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
        return { id: cursor, event, data };
      });
  }

  test("are the socket's frames, live, and end with the task", async () => {
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", message: "/slow 20 a b c d e" });
    const { task_id = "" } = await socket.until((frame) => frame.task_id !== undefined);
    const streamed = await events(task_id);
    await socket.until(isDone);
    expect(streamed.map(({ data }) => data)).toEqual(rawOf(socket, task_id));
    for (const { id, event, data } of streamed) expect(JSON.parse(data)).toMatchObject({ type: event, cursor: id });
    socket.close();
  });

  test("of a finished task come at once; with Last-Event-ID or a seq only the rest, without those of its neighbours", async () => {
    const [before, task, behind] = [
      await createTask(hub, { message: "before", sessionId: "sse" }),
      await createTask(hub, { message: "a b c", sessionId: "sse" }),
      await createTask(hub, { message: "after", sessionId: "sse" }),
    ];
    for (const { id } of [before, task, behind]) await untilEnded(hub, id);
    const all = await events(task.id);
    expect(all.map(({ data }) => JSON.parse(data).seq)).toEqual(all.map((_, at) => at + 1));
    expect(all.at(-1)?.event).toBe("done");
    for (const [at, { id }] of all.entries()) {
      expect(await events(task.id, { "last-event-id": id })).toEqual(all.slice(at + 1));
      expect(await events(task.id, {}, `?after=${at + 1}`)).toEqual(all.slice(at + 1));
    }
    expect((await hub.http("GET", `/api/tasks/${task.id}/events?after=wrong`)).refusal().field).toBe("after");
  });

  test("of a long answer come whole", async () => {
    const task = await runTask(hub, { message: "/burst 30000" });
    const all = await events(task.id);
    expect(all.at(-1)?.event).toBe("done");
    expect(all).toHaveLength((await logsOf(hub, task.id)).length);
  });

  test("polling the logs of a running task gives every event once, in order", async () => {
    const task = await createTask(hub, { message: "/slow 15 a b c d e f g h i j" });
    const seen: number[] = [];
    let last = "";
    while (last !== "done") {
      const { logs } = (await hub.http("GET", `/api/tasks/${task.id}/logs?after=${seen.at(-1) ?? 0}&limit=3`)).reply(
        "taskLogs",
      );
      seen.push(...logs.map(({ seq }) => seq));
      last = logs.at(-1)?.type ?? last;
    }
    expect(seen).toEqual(seen.map((_, at) => at + 1));
  });
});

describe("cancel", () => {
  test("of a running task stops it: canceling, then done canceled, and no error", async () => {
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", session_id: "stop", message: "/hang" });
    const { task_id } = await socket.until((frame) => frame.type === "text");
    socket.send({ type: "cancel", session_id: "stop" });
    const done = await socket.until(doneOf(task_id));
    expect(done.metadata).toMatchObject({ status: "canceled", reason: "canceled", retryable: true });
    const mine = socket.frames.filter((frame) => frame.task_id === task_id);
    expectLawful(mine);
    expect(mine.some((frame) => frame.metadata.kind === "canceling")).toBe(true);
    expect(mine.some((frame) => frame.type === "error")).toBe(false);
    expect(await getTask(hub, task_id ?? "")).toMatchObject({ status: "canceled", error: null, reason: "canceled" });
    socket.close();
  });

  test("of a queued task takes it out of the lane; the running one and the next one are not disturbed", async () => {
    const running = await createTask(hub, { message: "/slow 40 a b c d e f g h", sessionId: "lane" });
    const queued = await createTask(hub, { message: "never said", sessionId: "lane" });
    const next = await createTask(hub, { message: "still said", sessionId: "lane" });
    const answer = (await hub.http("POST", `/api/tasks/${queued.id}/cancel`)).reply("cancelTask");
    expect(answer).toMatchObject({ id: queued.id, status: "canceled" });
    expect((await untilEnded(hub, running.id)).status).toBe("completed");
    expect((await untilEnded(hub, next.id)).status).toBe("completed");
    const types = (await logsOf(hub, queued.id)).map(({ type }) => type);
    expect(types).toEqual(["status", "done"]);
    expect((await getTask(hub, queued.id)).attempt).toBe(0);
  });

  test("of an ended task is 409, also when two ask at once and when it ends by itself meanwhile", async () => {
    const queuedBehind = await createTask(hub, { message: "/hang", sessionId: "twice" });
    const queued = await createTask(hub, { message: "x", sessionId: "twice" });
    const path = (id: string) => `/api/tasks/${id}/cancel`;
    const both = await Promise.all([hub.http("POST", path(queued.id)), hub.http("POST", path(queued.id))]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    await hub.http("POST", path(queuedBehind.id));
    await untilEnded(hub, queuedBehind.id);
    const late = await hub.http("POST", path(queuedBehind.id));
    expect(late.status).toBe(409);
    expect(late.refusal().code).toBe("task_terminal");
  });

  test("whenever it comes, a task ends exactly once and its session goes on", async () => {
    for (let round = 0; round < 12; round += 1) {
      const sessionId = `race-${round}`;
      const task = await createTask(hub, { message: `/slow 1 ${"a ".repeat(round * 2)}`, sessionId });
      const next = createTask(hub, { message: "next", sessionId });
      const { status } = await hub.http("POST", `/api/tasks/${task.id}/cancel`);
      expect([202, 409]).toContain(status);
      const ended = await untilEnded(hub, task.id);
      expect(["completed", "canceled"]).toContain(ended.status);
      const logs = await logsOf(hub, task.id);
      expect(logs.filter(({ type }) => type === "done")).toHaveLength(1);
      expect(logs.at(-1)).toMatchObject({ type: "done", metadata: { status: ended.status } });
      expect((await untilEnded(hub, (await next).id)).status).toBe("completed");
    }
  });

  test("of a task that asks for approval and waits ends it", async () => {
    const task = await createTask(hub, { message: "/park may I", sessionId: "parked" });
    const socket = await hub.socket();
    socket.send({ type: "subscribe", session_id: "parked" });
    const parked = await socket.until((frame) => frame.metadata.kind === "input_required");
    expect(parked.metadata.approvals).toEqual([`${task.id}-1`]);
    expect((await getTask(hub, task.id)).status).toBe("input_required");
    expect((await runTask(hub, { message: "the lane is free", sessionId: "parked" })).status).toBe("completed");
    socket.send({ type: "cancel", session_id: "parked", task_id: task.id });
    await socket.until(doneOf(task.id));
    expect((await getTask(hub, task.id)).status).toBe("canceled");
    socket.close();
  });

  test("of what does not run is refused in words", async () => {
    const socket = await hub.socket();
    await chat(socket, { message: "over", session_id: "idle" });
    socket.send({ type: "cancel", session_id: "idle" });
    expect((await socket.until((frame) => frame.type === "error")).metadata).toMatchObject({ code: "task_terminal" });
    socket.close();
  });
});

describe("retry", () => {
  test("makes a new task of the same request and leaves the old one as it is", async () => {
    const failed = await runTask(hub, { message: "/fail no luck", sessionId: "retry" });
    expect(failed).toMatchObject({
      status: "failed",
      retryable: true,
      error: { code: "engine_failed", message: "no luck" },
    });
    const again = (await hub.http("POST", `/api/tasks/${failed.id}/retry`)).reply("retryTask");
    expect(again).toMatchObject({ retryOf: failed.id, sessionId: "retry", message: "/fail no luck", agent: "echo" });
    expect(again.id).not.toBe(failed.id);
    await untilEnded(hub, again.id);
    expect(await getTask(hub, failed.id)).toEqual(failed);
    expect((await logsOf(hub, again.id))[0]?.metadata).toMatchObject({ retry_of: failed.id });
  });

  test("is refused while the task runs", async () => {
    const task = await createTask(hub, { message: "/hang", sessionId: "retry-running" });
    const refused = await hub.http("POST", `/api/tasks/${task.id}/retry`);
    expect([refused.status, refused.refusal().code]).toEqual([409, "conflict"]);
    await hub.http("POST", `/api/tasks/${task.id}/cancel`);
    await untilEnded(hub, task.id);
  });
});

describe("a repeat with the same Idempotency-Key", () => {
  const send = (key: string, body: Record<string, unknown>) =>
    hub.http("POST", "/api/tasks", { agent: "echo", ...body }, { "idempotency-key": key });

  test("is the same task, also while the first is under way", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => send("key-1", { message: "once" })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 202));
    const ids = new Set(answers.map((answer) => answer.reply("createTask").id));
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    await untilEnded(hub, id);
    expect((await send("key-1", { message: "once" })).reply("createTask")).toMatchObject({ id, status: "completed" });
    const { tasks } = (await hub.http("GET", "/api/tasks?limit=500")).reply("listTasks");
    expect(tasks.filter((task) => task.message === "once")).toHaveLength(1);
  });

  test("with another request is 409", async () => {
    await send("key-2", { message: "this", sessionId: "keys" });
    for (const other of [
      { message: "that", sessionId: "keys" },
      { message: "this", sessionId: "other" },
      { message: "this" },
    ]) {
      const refused = await send("key-2", other);
      expect([refused.status, refused.refusal().code]).toEqual([409, "idempotency_conflict"]);
    }
  });

  test("may be used again once its task was deleted with its session", async () => {
    const first = (await send("key-5", { message: "here", sessionId: "deleted" })).reply("createTask");
    await untilEnded(hub, first.id);
    expect((await hub.http("DELETE", "/api/sessions/deleted")).status).toBe(200);
    const again = (await send("key-5", { message: "here", sessionId: "deleted" })).reply("createTask");
    expect(again.id).not.toBe(first.id);
  });
});

describe("sessions", () => {
  test("are listed newest first, page by page, and renamed", async () => {
    for (const id of ["list-1", "list-2", "list-3"]) await runTask(hub, { message: id, sessionId: id });
    await runTask(hub, { message: "back to the first", sessionId: "list-1" });
    const first = (await hub.http("GET", "/api/sessions?limit=2")).reply("listSessions");
    expect(first.sessions.map(({ id }) => id)).toEqual(["list-1", "list-3"]);
    const cursor = encodeURIComponent(first.nextCursor ?? "");
    const second = (await hub.http("GET", `/api/sessions?limit=2&cursor=${cursor}`)).reply("listSessions");
    expect(second.sessions[0]?.id).toBe("list-2");
    const renamed = (await hub.http("PATCH", "/api/sessions/list-2", { title: "  New name " })).reply("renameSession");
    expect(renamed.title).toBe("New name");
  });

  test("are deleted with their tasks, also the running and the waiting ones", async () => {
    const running = await createTask(hub, { message: "/hang", sessionId: "delete-me" });
    const waiting = await createTask(hub, { message: "x", sessionId: "delete-me" });
    expect((await hub.http("DELETE", "/api/sessions/delete-me")).reply("deleteSession")).toEqual({ ok: true });
    for (const path of ["/api/sessions/delete-me", `/api/tasks/${running.id}`, `/api/tasks/${waiting.id}`]) {
      expect((await hub.http("GET", path)).status).toBe(404);
    }
    const again = await runTask(hub, { message: "a new beginning", sessionId: "delete-me" });
    expectLawfulSeq(await logsOf(hub, again.id));
  });

  test("have soul and instructions of their own once they were written", async () => {
    await createTask(hub, { message: "x", sessionId: "soul" });
    const path = "/api/workspace/soul";
    const shared = (await hub.http("GET", path)).reply("getSoul");
    expect((await hub.http("GET", `${path}?sessionId=soul`)).reply("getSoul")).toEqual({ ...shared, own: false });
    await hub.http("PUT", `${path}?sessionId=soul`, { content: "be brief" });
    expect((await hub.http("GET", `${path}?sessionId=soul`)).reply("getSoul")).toEqual({
      content: "be brief",
      own: true,
    });
    expect((await hub.http("GET", path)).reply("getSoul")).toEqual(shared);
    expect((await hub.http("GET", `${path}?sessionId=unknown-one`)).status).toBe(404);
  });
});

function expectLawfulSeq(logs: { seq: number }[]): void {
  expect(logs.map(({ seq }) => seq)).toEqual(logs.map((_, at) => at + 1));
}
