// The builtin engine in a real worker behind a real gateway: tools that really run, models that really fail.
import { createHash, createHmac } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { HubFrame, Task } from "@anywork/protocol";
import { type HubProcess, until } from "@anywork/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesWith } from "./files.ts";
import { providerKey, type SimulatedHub, startSimulatedHub } from "./sim.ts";
import { createTask, getTask, isDone, type LogEntry, logsOf, runTask, untilEnded } from "./tasks.ts";

let simulated: SimulatedHub;
let hub: HubProcess;
beforeAll(async () => {
  simulated = await startSimulatedHub();
  hub = simulated.hub;
});
afterAll(() => simulated.stop());

const run = (message: string, sessionId?: string) =>
  runTask(hub, { message, agent: "default", ...(sessionId !== undefined && { sessionId }) });
const tool = (name: string, args: object) => `[[tool:${name} ${JSON.stringify(args)}]]`;
const bash = (command: string, more = {}) => tool("bash", { command, ...more });
const resultsOf = async (task: Task) => (await logsOf(hub, task.id)).filter(({ type }) => type === "tool_result");
const statuses = (logs: LogEntry[], kind: string) => logs.filter(({ metadata }) => metadata.kind === kind);
const workspace = (folder: string) => join(hub.home, "workspaces", folder);
/** Pids of living processes whose command line holds a text. */
const running = (text: string) =>
  readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && readProc(pid, "cmdline").replaceAll("\0", " ").includes(text),
  );

function readProc(pid: string | number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // Ended while we looked.
  }
}

describe("tools", () => {
  test("write and run a real file in the session's own workspace", async () => {
    const path = "files/outputs/hello.sh";
    const steps = [
      tool("write", { path, content: "echo made by $((6*7))\n" }),
      bash(`sh ${path}`),
      "[[text:all done]]",
    ];
    const task = await run(steps.join("[[step]]"));
    expect(task).toMatchObject({ status: "completed", result: "all done", numTurns: 3 });
    expect(readFileSync(join(workspace(task.sessionId), path), "utf8")).toBe("echo made by $((6*7))\n");
    const results = await resultsOf(task);
    expect(results.map(({ metadata }) => metadata.ok)).toEqual([true, true]);
    expect(results[1]?.content).toContain("made by 42");
    expect(task.inputTokens).toBeGreaterThan(0);
    expect(task.outputTokens).toBeGreaterThan(0);
  });

  test("begin in the workspace folder, where uploads and outputs are before the first task", async () => {
    const task = await run(`${bash('basename "$PWD"; ls -d files/uploads files/outputs')}[[step]][[text:x1]]`);
    const [result] = await resultsOf(task);
    expect(result?.content.trim().split("\n")).toEqual([task.sessionId, "files/outputs", "files/uploads"]);
  });

  test("of a session with an id of the caller's own work in a folder with a derived name", async () => {
    const own = "PR:17..review";
    await run(`${tool("write", { path: "files/outputs/a.txt", content: "a" })}[[step]][[text:x2]]`, own);
    const folders = readdirSync(join(hub.home, "workspaces"));
    expect(folders).not.toContain(own);
    const [found] = folders.filter((name) =>
      statSync(join(workspace(name), "files/outputs/a.txt"), { throwIfNoEntry: false }),
    );
    expect(found).toMatch(/^[A-Za-z0-9-]+$/);
    expect(found).toContain(createHash("sha256").update(own).digest("hex").slice(0, 8));
  });

  test("cannot leave the workspace by path or link, nor read the hub's secrets", async () => {
    const secrets = bash(
      `cat ${hub.home}/token ${hub.home}/master.key ${hub.home}/anywork.db /proc/*/environ 2>&1 | head -c 20000; ls ${hub.home}`,
    );
    const steps = [
      tool("read", { path: "../../token" }),
      tool("read", { path: `${hub.home}/master.key` }),
      tool("write", { path: "../escaped.txt", content: "x" }),
      bash(`ln -s ${hub.home} files/outputs/link; ln -s ${hub.home}/token files/outputs/token`),
      tool("read", { path: "files/outputs/link/token" }),
      tool("read", { path: "files/outputs/token" }),
      tool("write", { path: "files/outputs/link/evil.txt", content: "x" }),
    ];
    const isSandboxed = (await hub.http("GET", "/api/status")).reply("status").sandbox.kind === "bubblewrap";
    const task = await run(`${[...steps, ...(isSandboxed ? [secrets] : [])].join("[[step]]")}[[step]][[text:x3]]`);
    const logs = JSON.stringify(await logsOf(hub, task.id));
    expect(task.status).toBe("completed");
    expect(logs).not.toContain(hub.token);
    expect(logs).not.toContain(readFileSync(join(hub.home, "master.key"), "utf8").trim());
    expect(logs).not.toContain(providerKey);
    for (const name of ["workspaces/escaped.txt", "evil.txt"]) {
      expect(statSync(join(hub.home, name), { throwIfNoEntry: false })).toBeUndefined();
    }
  });

  test("called in one step run at the same time, and each result goes to its call", async () => {
    const meet = (mine: string, other: string) =>
      bash(
        `touch ${mine}; for i in $(seq 400); do [ -e ${other} ] && echo met ${other} && exit 0; sleep 0.05; done; exit 1`,
      );
    const task = await run(`${meet("left", "right")}${meet("right", "left")}[[step]][[text:x4]]`);
    const logs = await logsOf(hub, task.id);
    const calls = logs.filter(({ type }) => type === "tool_call");
    const results = logs.filter(({ type }) => type === "tool_result");
    expect(results).toHaveLength(2);
    for (const { metadata, content } of calls) {
      expect(content).toBe("bash");
      const { command = "" } = metadata.args as { command?: string };
      const result = results.find((one) => one.metadata.call_id === metadata.call_id);
      expect(result?.content).toContain(command.startsWith("touch left") ? "met right" : "met left");
    }
  });

  test("that print 50 MB are capped for model and reader, and kept in a file", async () => {
    const task = await run(`${bash("head -c 52000000 /dev/zero | tr '\\\\0' x; echo the end")}[[step]][[text:x5]]`);
    expect(task.status).toBe("completed");
    const logs = await logsOf(hub, task.id);
    const [result] = logs.filter(({ type }) => type === "tool_result");
    expect(result?.content.length).toBeLessThan(50_000);
    expect(result?.content).toContain("the end");
    expect(JSON.stringify(logs).length).toBeLessThan(2_000_000);
    const file = /files\/outputs\/\.tool-output\/[\w-]+\.log/.exec(result?.content ?? "")?.[0] ?? "none";
    expect(statSync(join(workspace(task.sessionId), file)).size).toBeGreaterThan(52_000_000 - 1);
  });

  test("that never end are ended after their time, with what they had started", async () => {
    const task = await run(
      `${bash("echo begun; sleep 300.4401 & setsid sleep 300.4402 & wait", { timeout_ms: 700 })}[[step]][[text:x6]]`,
    );
    expect(task.status).toBe("completed");
    const [result] = await resultsOf(task);
    expect(result).toMatchObject({
      metadata: { ok: false },
      content: expect.stringMatching(/begun\s+\[timed out after 700 ms/),
    });
    await until(() => running("sleep 300.440").length === 0, "nothing of it is left");
  });

  test("that fail, do not exist or get broken arguments tell the model, and the task goes on", async () => {
    const task = await run(
      `${bash("echo oh no >&2; exit 3")}[[tool:dance {}]][[toolbad:bash]][[step]][[text:went on]]`,
    );
    expect(task).toMatchObject({ status: "completed", result: "went on" });
    const results = await resultsOf(task);
    expect(results.map(({ metadata }) => metadata.ok)).toEqual([false, false, false]);
    expect(results.some(({ content }) => content.includes("oh no") && content.includes("exit code 3"))).toBe(true);
  });
});

describe("cancel", () => {
  test("ends the whole process tree within 12 s, also what left its group; nothing follows the end", async () => {
    const socket = await hub.socket();
    const command =
      "sleep 300.5501 & setsid sleep 300.5502 & (setsid sh -c 'trap \"\" TERM INT HUP; sleep 300.5503; sleep 300.5504' &) ; wait";
    socket.send({ type: "chat", session_id: "tree", message: `${bash(command)}[[step]][[text:never]]` });
    await until(() => running("sleep 300.550").length >= 3, "it runs");
    const from = performance.now();
    socket.send({ type: "cancel", session_id: "tree" });
    const done = await socket.until(isDone);
    expect(done.metadata).toMatchObject({ status: "canceled" });
    await until(() => running("sleep 300.550").length === 0, "nothing of it is left", 12_000);
    expect(performance.now() - from).toBeLessThan(12_000);
    const count = socket.frames.length;
    const next = await run("[[text:next one]]", "tree");
    expect(next.result).toBe("next one");
    expect(socket.frames.slice(count).some((frame: HubFrame) => frame.task_id === done.task_id)).toBe(false);
    socket.close();
  });

  test("ends what runs in the background too", async () => {
    const task = await createTask(hub, {
      message: `${bash("sleep 300.6601", { background: true })}[[step]][[stall]]`,
      agent: "default",
      sessionId: "background",
    });
    await until(() => running("sleep 300.6601").length > 0, "it runs");
    await hub.http("POST", `/api/tasks/${task.id}/cancel`);
    expect((await untilEnded(hub, task.id)).status).toBe("canceled");
    await until(() => running("sleep 300.6601").length === 0, "nothing of it is left", 12_000);
  });

  test("ends a model that never stops talking", async () => {
    const task = await createTask(hub, { message: "[[delay:10]][[endless]]", agent: "default", sessionId: "endless" });
    await until(async () => (await logsOf(hub, task.id)).length > 20, "it talks");
    await hub.http("POST", `/api/tasks/${task.id}/cancel`);
    expect((await untilEnded(hub, task.id)).status).toBe("canceled");
    await until(() => simulated.sim.requests.at(-1)?.aborted, "the model is hung up on");
    expect((await run("[[text:quiet now]]", "endless")).result).toBe("quiet now");
  });
});

describe("a model that fails for a while", () => {
  test.each([
    ["429 with retry-after", "[[429:retry-after=1 x1]]", "provider_rate_limited"],
    ["429 without", "[[429x1]]", "provider_rate_limited"],
    ["529", "[[529x2]]", "provider_overloaded"],
    ["500", "[[500x1]]", "provider_error"],
    ["a cut before it spoke", "[[cut x1]]", "provider_unreachable"],
  ])("(%s) is asked again, which is shown, and the answer comes", async (_, fault, code) => {
    const task = await run(`${fault}[[text:came after all]]`);
    expect(task).toMatchObject({ status: "completed", result: "came after all" });
    const retrying = statuses(await logsOf(hub, task.id), "retrying");
    expect(retrying.length).toBeGreaterThan(0);
    expect(retrying[0]?.metadata).toMatchObject({ code, retry: 1, delay_ms: expect.any(Number) });
    if (fault.includes("retry-after")) expect(retrying[0]?.metadata.delay_ms).toBe(1_000);
  });
});

describe("a model that fails for good", () => {
  test.each([
    ["refuses the key", "[[auth]]", /provider_auth/],
    ["is cut in mid-answer", "[[cut:3]]", /provider_/],
    ["sends broken JSON", "[[malformed:3]]", /provider_protocol/],
    ["sends its error in mid-answer", "[[error:3]]", /provider_/],
    ["ends without its end", "[[nostop]][[tokens:3]]", /provider_/],
    ["finds the request wrong", "[[400]]", /provider_error|context_overflow|invalid/],
    ["is not there", "[[404]]", /model_not_found|provider_error/],
  ])("(%s): one error with a remedy, then done failed, and the next message works", async (name, fault, code) => {
    const session = `bad ${name}`.replaceAll(/[^a-z]/g, "-");
    const task = await run(`${fault} ${name}`, session);
    expect(task).toMatchObject({
      status: "failed",
      error: { code: expect.stringMatching(code), message: expect.stringMatching(/\w{4}/) },
    });
    expect(task.error?.hint).toMatch(/\w{4}/);
    const types = (await logsOf(hub, task.id)).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(["error", "done"]);
    expect(types.filter((type) => type === "error")).toHaveLength(1);
    expect((await run(`[[text:fine]] after ${name}`, session)).result).toBe("fine");
  });

  test("in frames that are split anywhere, also within characters, is no failure at all", async () => {
    const said = "žluť 日本 🧑‍🚀";
    for (const split of ["[[split]]", "[[split:1]]", "[[crlf]][[split:7]]"]) {
      expect((await run(`${split}[[text:${said}]]`)).result).toBe(said);
    }
  });
});

describe("the provider's key", () => {
  test("is nowhere but in the gateway's memory: no file, no environment, no event", async () => {
    const task = await run(`${bash("env; cat /proc/self/environ; true")}[[step]][[text:x7]]`);
    expect(simulated.sim.requests.at(-1)?.headers["x-api-key"]).toBe(providerKey);
    expect(JSON.stringify(await logsOf(hub, task.id))).not.toContain(providerKey);
    for (const { pid } of hub.workers()) {
      expect(readProc(pid, "environ") + readProc(pid, "cmdline")).not.toContain(providerKey);
      expect(readProc(pid, "environ")).toContain("PATH=");
    }
    expect(readProc(hub.gatewayPid() ?? 0, "environ")).not.toContain(providerKey);
    expect(filesWith(hub.home, providerKey)).toEqual([]);
  });

  test("is added for the token of a running task alone, which is dead when the task is over", async () => {
    const master = Buffer.from(readFileSync(join(hub.home, "master.key"), "utf8"), "base64");
    const socketPath = JSON.parse(
      readFileSync(
        join(hub.home, "run", readdirSync(join(hub.home, "run")).find((name) => name.startsWith("gateway-")) ?? ""),
        "utf8",
      ),
    ).address as string;
    const models = (token: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        const asked = request({ socketPath, path: "/v1/models", headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject);
        asked.end();
      });
    const task = await createTask(hub, { message: `${bash("sleep 1.5")}[[step]][[text:x8]]`, agent: "default" });
    const token = createHmac("sha256", master).update(`gateway-token:${task.id}`).digest("hex");
    await until(async () => (await logsOf(hub, task.id)).some(({ type }) => type === "tool_call"), "it runs");
    expect(await models(token)).toBe(200);
    expect(await models("0".repeat(64))).toBe(401);
    await untilEnded(hub, task.id);
    await until(async () => (await models(token)) === 401, "its token is dead");
  });
});

test("a conversation is remembered, and found again from the store alone", async () => {
  await run("[[text:I will remember the number 7]]", "memory");
  await run("[[text:it was 7]]", "memory");
  const asked = JSON.stringify(simulated.sim.requests.at(-1)?.body);
  expect(asked).toContain("I will remember the number 7");
  const { messages } = (await hub.http("GET", "/api/sessions/memory/messages")).reply("sessionMessages");
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(messages[1]?.content).toBe("I will remember the number 7");
  expect((await getTask(hub, messages[0]?.taskId ?? "")).sessionId).toBe("memory");
});
