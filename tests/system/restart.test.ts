// Processes that die: what was accepted is kept, streams go on exactly, and what is lost says so.
import type { HubFrame, Task } from "@anywork/protocol";
import { type HubProcess, isAlive, killHard, runHubProcess, startHubProcess, until } from "@anywork/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SimulatedHub, startSimulatedHub } from "./sim.ts";
import {
  chat,
  createTask,
  doneOf,
  expectLawful,
  getTask,
  isDone,
  logsOf,
  runTask,
  textOf,
  untilEnded,
} from "./tasks.ts";

const words = Array.from({ length: 60 }, (_, at) => `w${at}`).join(" ");
const shownBy = (frames: readonly HubFrame[]) => frames.map(({ type, content, seq }) => ({ type, content, seq }));

describe("a hub with the echo engine", () => {
  let hub: HubProcess;
  beforeEach(async () => {
    hub = await startHubProcess();
  });
  afterEach(() => hub.stop());

  async function replayOf(sessionId: string, after?: string) {
    const socket = await hub.socket();
    socket.send({ type: "subscribe", session_id: sessionId, ...(after && { after }) });
    await socket.until(isDone);
    socket.close();
    return socket;
  }

  test.each([
    ["killed", () => hub.kill9()],
    ["told to end", async () => expect(await hub.terminate()).toBe(0)],
  ])("%s in mid-stream and started again: the work goes on and a client gets precisely the rest", async (_, end) => {
    const before = await hub.socket();
    before.send({ type: "chat", agent: "echo", session_id: "s", message: `/slow 30 ${words}` });
    await before.until((frame) => frame.content === "w10 ");
    const processes = { workers: hub.workers().map(({ pid }) => pid), gateway: hub.gatewayPid() };
    await end();
    await before.untilClosed();
    const received = before.raw.filter((__, at) => before.frames[at]?.task_id !== undefined);
    const last = JSON.parse(received.at(-1) ?? "") as HubFrame;
    expect(isDone(last)).toBe(false);
    await hub.restart();
    expect(hub.workers().map(({ pid }) => pid)).toEqual(processes.workers);
    expect(hub.gatewayPid()).toBe(processes.gateway);

    const rest = await replayOf("s", last.cursor);
    const whole = await replayOf("s");
    expect([...received, ...rest.raw]).toEqual(whole.raw);
    expectLawful(whole.frames);
    const undisturbed = await hub.socket();
    const compared = await chat(undisturbed, { session_id: "compare", message: `/slow 1 ${words}` });
    const ofTask = compared.filter((frame) => frame.task_id !== undefined);
    expect(shownBy(whole.frames)).toEqual(shownBy(ofTask));
    expect((await getTask(hub, last.task_id ?? "")).attempt).toBe(1);
    undisturbed.close();
  });

  test("killed in the middle of a burst loses and doubles nothing", async () => {
    const before = await hub.socket();
    before.send({ type: "chat", agent: "echo", session_id: "s", message: "/burst 40000" });
    await before.until((frame) => (frame.seq ?? 0) > 2_000);
    await hub.kill9();
    await before.untilClosed();
    const received = before.raw.filter((_, at) => before.frames[at]?.task_id !== undefined);
    const last = JSON.parse(received.at(-1) ?? "") as HubFrame;
    await hub.restart();
    const rest = isDone(last) ? { raw: [] } : await replayOf("s", last.cursor);
    const whole = await replayOf("s");
    expect(received.concat(rest.raw).join("\n") === whole.raw.join("\n")).toBe(true);
    expect(textOf(whole.frames)).toBe(Array.from({ length: 40_000 }, (_, at) => `${at + 1} `).join(""));
    expectLawful(whole.frames);
  });

  test("killed with waiting tasks: they run after the running one, in their order, once each", async () => {
    const messages = [`/slow 30 ${words}`, "second", "third", "fourth"];
    const tasks: Task[] = [];
    for (const message of messages) tasks.push(await createTask(hub, { message, sessionId: "lane" }));
    await until(async () => (await logsOf(hub, tasks[0]?.id ?? "")).some(({ type }) => type === "text"), "one speaks");
    await hub.kill9();
    await hub.restart();
    const ended: Task[] = [];
    for (const { id } of tasks) ended.push(await untilEnded(hub, id));
    expect(ended.map(({ status, attempt }) => [status, attempt])).toEqual(tasks.map(() => ["completed", 1]));
    const starts = ended.map(({ startedAt }) => startedAt ?? "");
    expect(starts).toEqual([...starts].sort());
    const whole = await hub.socket();
    whole.send({ type: "subscribe", session_id: "lane" });
    await whole.until(doneOf(tasks[3]?.id));
    for (const { id } of tasks) expectLawful(whole.frames.filter((frame) => frame.task_id === id));
    whole.close();
  });

  test("killed at any moment of ten quick tasks keeps every one that it acknowledged", async () => {
    const accepted: string[] = [];
    const asking = (async () => {
      for (let n = 0; n < 40; n += 1) accepted.push((await createTask(hub, { message: `task ${n}` })).id);
    })().catch(() => undefined);
    await until(() => accepted.length >= 10, "ten are accepted");
    await hub.kill9();
    await asking;
    await hub.restart();
    for (const id of accepted) {
      expect((await untilEnded(hub, id)).status).toBe("completed");
      const logs = await logsOf(hub, id);
      expect(logs.map(({ seq }) => seq)).toEqual(logs.map((_, at) => at + 1));
      expect(logs.filter(({ type }) => type === "done")).toHaveLength(1);
    }
  });

  test("told to end while nothing runs takes gateway and workers with it", async () => {
    await runTask(hub, { message: "hello" });
    const running = async () => (await hub.http("GET", "/api/status")).reply("status").tasks.running;
    await until(async () => (await running()) === 0, "nothing runs");
    const pids = [...hub.workers().map(({ pid }) => pid), hub.gatewayPid() ?? 0];
    expect(pids).toHaveLength(2);
    expect(await hub.terminate()).toBe(0);
    await until(() => pids.every((pid) => !isAlive(pid)), "gateway and worker end");
  });

  test("an Idempotency-Key is known after a restart", async () => {
    const ask = (message: string) =>
      hub.http("POST", "/api/tasks", { message, agent: "echo" }, { "idempotency-key": "again" });
    const { id } = (await ask("once")).reply("createTask");
    await hub.kill9();
    await hub.restart();
    expect((await ask("once")).reply("createTask").id).toBe(id);
    expect((await ask("other")).status).toBe(409);
    await untilEnded(hub, id);
    expect((await logsOf(hub, id)).filter(({ type }) => type === "done")).toHaveLength(1);
  });

  test("a parked task waits on through a restart, and a sign-in and a cancel work after it", async () => {
    const task = await createTask(hub, { message: "/park may I", sessionId: "parked" });
    await until(async () => (await getTask(hub, task.id)).status === "input_required", "it parks");
    const code = new URL(hub.link).hash.replace("#code=", "");
    const signedIn = await hub.http("POST", "/api/auth/sign-in", { code }, { authorization: undefined });
    const cookie = String(signedIn.headers["set-cookie"]).split(";")[0];
    await hub.kill9();
    await hub.restart();
    const who = await hub.http("GET", "/api/auth/who", undefined, { authorization: undefined, cookie });
    expect(who.reply("who").signedIn).toBe(true);
    expect((await getTask(hub, task.id)).status).toBe("input_required");
    expect((await hub.http("POST", `/api/tasks/${task.id}/cancel`)).reply("cancelTask").status).toBe("canceled");
  });

  test("a worker killed in mid-answer: error, then done, lost and retryable; the retry works; others keep what they have", async () => {
    const other = await runTask(hub, { message: "mine stays", sessionId: "other" });
    const kept = { task: await getTask(hub, other.id), logs: await logsOf(hub, other.id) };
    const socket = await hub.socket();
    socket.send({ type: "chat", agent: "echo", session_id: "s", message: `/slow 30 ${words}` });
    const { task_id = "" } = await socket.until((frame) => frame.content === "w5 ");
    const [worker] = hub.workers();
    killHard(worker?.pid);
    const done = await socket.until(isDone);
    const [error] = socket.frames.slice(-2);
    expect(error).toMatchObject({
      type: "error",
      metadata: { code: "worker_lost", hint: expect.stringContaining("again") },
    });
    expect(done.metadata).toMatchObject({ status: "failed", reason: "lost", code: "worker_lost", retryable: true });
    expectLawful(socket.frames.filter((frame) => frame.task_id === task_id));
    const again = (await hub.http("POST", `/api/tasks/${task_id}/retry`)).reply("retryTask");
    expect(await untilEnded(hub, again.id)).toMatchObject({ status: "completed", result: words });
    expect(hub.workers().map(({ pid }) => pid)).not.toContain(worker?.pid);
    expect({ task: await getTask(hub, other.id), logs: await logsOf(hub, other.id) }).toEqual(kept);
    socket.close();
  });

  test("hub and worker killed together: the task is lost in words, and the hub works", async () => {
    const task = await createTask(hub, { message: "/hang", sessionId: "s" });
    await until(async () => (await logsOf(hub, task.id)).some(({ type }) => type === "text"), "it says something");
    const [worker] = hub.workers();
    await hub.kill9();
    killHard(worker?.pid);
    await hub.restart();
    expect(await untilEnded(hub, task.id)).toMatchObject({ status: "failed", reason: "lost", retryable: true });
    expect((await runTask(hub, { message: "on we go", sessionId: "s" })).status).toBe("completed");
  });

  test("a second hub on the same home refuses in one clear line that says who holds it", async () => {
    const second = await runHubProcess(["--home", hub.home, "--port", "0"]);
    expect(second.code).toBe(1);
    expect(second.stdout).toBe("");
    expect(second.stderr.split("\n")[0]).toContain("Another hub uses this home already");
    expect(second.stderr).toContain(`process ${hub.pid} at ${hub.address}`);
    expect(second.stderr).not.toMatch(/\n\s+at /);
    expect((await runTask(hub, { message: "not disturbed" })).status).toBe("completed");
  });
});

describe("a hub with a model", () => {
  let simulated: SimulatedHub;
  let hub: HubProcess;
  beforeEach(async () => {
    simulated = await startSimulatedHub();
    hub = simulated.hub;
  });
  afterEach(() => simulated.stop());

  test("killed while a tool runs: the model is asked on after the restart, once", async () => {
    const message = '[[tool:bash {"command":"sleep 2; echo slept"}]][[step]][[text:all done]]';
    const task = await createTask(hub, { message, agent: "default", sessionId: "s" });
    await until(async () => (await logsOf(hub, task.id)).some(({ type }) => type === "tool_call"), "the tool runs");
    const asked = simulated.sim.requests.length;
    await hub.kill9();
    await hub.restart();
    expect(await untilEnded(hub, task.id)).toMatchObject({ status: "completed", result: "all done", attempt: 1 });
    expect(simulated.sim.requests).toHaveLength(asked + 1);
    const results = (await logsOf(hub, task.id)).filter(({ type }) => type === "tool_result");
    expect(results.map(({ content }) => content)).toEqual([expect.stringContaining("slept")]);
  });

  test("whose gateway is killed in mid-answer: a clear end or a retry, and the next task works", async () => {
    const task = await createTask(hub, { message: "[[delay:50]][[tokens:60]]", agent: "default", sessionId: "s" });
    await until(async () => (await logsOf(hub, task.id)).some(({ type }) => type === "text"), "it speaks");
    killHard(await until(() => hub.gatewayPid(), "a gateway lives"));
    const ended = await untilEnded(hub, task.id);
    if (ended.status !== "completed") {
      expect(ended).toMatchObject({
        status: "failed",
        retryable: true,
        error: { code: expect.stringMatching(/provider|worker/) },
      });
    }
    const next = await runTask(hub, { message: "[[text:here again]]", agent: "default", sessionId: "s" });
    expect(next).toMatchObject({ status: "completed", result: "here again" });
  });

  test("killed together with its gateway works again after a start", async () => {
    const gateway = await until(() => hub.gatewayPid(), "a gateway lives");
    await hub.kill9();
    killHard(gateway);
    await hub.restart();
    const task = await runTask(hub, { message: "[[text:fresh]]", agent: "default" });
    expect(task).toMatchObject({ status: "completed", result: "fresh" });
  });
});
