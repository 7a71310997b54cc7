// The real worker process, asked over its socket: what a driver's contract does not reach.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnvironment, createUnixClient, endProcess, type StartedProcess, startProcess } from "@anywork/drivers";
import { workerHealthSchema } from "@anywork/protocol";
import { echoRequest } from "@anywork/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let home: string;
let worker: StartedProcess;
let client: ReturnType<typeof createUnixClient>;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "aw-wrk-"));
  worker = await startProcess({
    kind: "worker",
    home,
    runDir: join(home, "run"),
    command: [process.execPath, join(import.meta.dirname, "main.ts")],
    version: "1.0.0",
    boot: { orphan_exit_ms: 60_000, sandbox: { mode: "none", network: false } },
    env: childEnvironment(process.env),
  });
  client = createUnixClient(worker.record);
});
afterEach(async () => {
  client.close();
  endProcess(worker.record.pid);
  await worker.exited;
  rmSync(home, { recursive: true, force: true });
});

interface Raw {
  method?: string;
  path: string;
  token?: string;
  body?: string | Buffer;
}

function raw({ method = "GET", path, token = worker.record.token, body }: Raw) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
    const outgoing = request({ socketPath: worker.record.address, method, path, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const chat = async (message: string, given: Parameters<typeof echoRequest>[1] = {}) => {
  const body = echoRequest(message, given);
  const { text } = await raw({ method: "POST", path: "/chat", body: JSON.stringify(body) });
  return { body, text };
};
const health = async () => workerHealthSchema.parse(await client.json("GET", "/health"));

describe("a worker", () => {
  it.each(["", "wrong", "Bearer"])("a request with the token %j is refused, whatever it asks", async (token) => {
    for (const path of ["/health", "/chat", "/nothing"]) expect((await raw({ path, token })).status).toBe(401);
  });

  it.each([
    ["GET", "/nothing", "", 404, "not_found"],
    ["GET", "/chat", "", 405, "method_not_allowed"],
    ["GET", "//chat", "", 400, "invalid_request"],
    ["GET", "/sessions/%E0%A4%A", "", 400, "invalid_request"],
    ["GET", "/sessions/..%2f..%2fetc", "", 404, "not_found"],
    ["GET", "/tasks/..%2f..%2fx/attempts/1/events", "", 404, "not_found"],
    ["GET", "/tasks/t/attempts/x/events", "", 400, "invalid_request"],
    ["GET", "/tasks/t/attempts/1/events?after=-1", "", 400, "invalid_request"],
    ["POST", "/chat", "{", 400, "invalid_json"],
    ["POST", "/chat", "null", 400, "invalid_request"],
    ["POST", "/prepare", '{"task_id":"t","session_id":"../x"}', 400, "invalid_request"],
    ["POST", "/cancel", '{"session_id":7}', 400, "invalid_request"],
    ["POST", "/prepare", `{"a":${"[".repeat(100_000)}`, 400, "invalid_json"],
  ])("%s %s with a wrong request is refused plainly", async (method, path, body, status, code) => {
    const reply = await raw({ method, path, body });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text).error.code).toBe(code);
    expect((await health()).status).toBe("ok");
  });

  it("a body of more than 8 MB is refused", async () => {
    const reply = raw({ method: "POST", path: "/chat", body: Buffer.alloc(9 * 1024 * 1024, 97) });
    // The worker stops reading: the answer arrives, or the connection is closed while we still write.
    const status = await reply.then((answered) => answered.status).catch((error: NodeJS.ErrnoException) => error.code);
    expect([413, "EPIPE", "ECONNRESET"]).toContain(status);
    expect((await health()).status).toBe("ok");
  });

  it("the session's folders are there before its first task, under a name nobody can choose", async () => {
    await chat("hi", { session_id: "PR:12..-" });
    const [name = ""] = readdirSync(join(home, "workspaces"));
    expect(name).toMatch(/^[A-Za-z0-9-]+$/);
    expect(readdirSync(join(home, "workspaces", name, "files")).sort()).toEqual(["outputs", "uploads"]);
  });

  it("a session that was deleted and begun again finds its folders", async () => {
    await chat("hi");
    const [name = ""] = readdirSync(join(home, "workspaces"));
    rmSync(join(home, "workspaces", name), { recursive: true });
    expect((await chat("again")).text).toContain('"status":"completed"');
    expect(readdirSync(join(home, "workspaces", name, "files")).sort()).toEqual(["outputs", "uploads"]);
  });

  it("an engine that is not there fails the task with the ones there are", async () => {
    const { body } = await chat("hi");
    const { text } = await chat("hi", { agent: { ...body.agent, engine: "nonsense" } });
    expect(text).toMatch(/^event: error\nid: 1\n.*there is no engine nonsense.*echo.*\n\nevent: done\n/);
  });

  it("an ended attempt is listed and readable until the hub forgets it", async () => {
    const { body, text } = await chat("remember me");
    const path = `/tasks/${body.task_id}/attempts/1/events`;
    expect((await raw({ path })).text).toBe(text);
    expect((await health()).attempts).toMatchObject([{ task_id: body.task_id, running: false }]);
    await client.json("POST", "/forget", { task_id: body.task_id, attempt: 1 });
    expect((await raw({ path })).status).toBe(404);
    expect(readdirSync(join(home, "journal"))).toEqual([]);
  });

  it("a running attempt cannot be forgotten, and is counted while it runs", async () => {
    const body = echoRequest("/hang");
    const running = raw({ method: "POST", path: "/chat", body: JSON.stringify(body) });
    await vi.waitFor(async () => expect((await health()).active_sessions).toBe(1), { timeout: 10_000 });
    const forget = client.json("POST", "/forget", { task_id: body.task_id, attempt: 1 });
    await expect(forget).rejects.toMatchObject({ code: "conflict" });
    expect(await client.json("GET", "/sessions")).toEqual({ sessions: [{ id: "s1", running: true }] });
    await client.json("POST", "/cancel", { session_id: "s1" });
    await running;
    expect((await health()).active_sessions).toBe(0);
  });

  it("SIGTERM lets running work end, takes nothing new, then leaves without a trace", async () => {
    const running = chat(`/slow 100 ${"word ".repeat(8)}`);
    await vi.waitFor(async () => expect((await health()).active_sessions).toBe(1), { timeout: 10_000 });
    process.kill(worker.record.pid, "SIGTERM");
    await vi.waitFor(() => expect(chat("late").then(({ text }) => text)).resolves.toContain("unavailable"), {
      timeout: 5_000,
    });
    expect((await running).text).toContain('"status":"completed"');
    await worker.exited;
    expect(existsSync(worker.record.address)).toBe(false);
    expect(readdirSync(join(home, "run"))).toEqual([]);
  });

  it("its log tells of its life, and never its token", async () => {
    await chat("a secret message");
    const log = readFileSync(join(home, "logs", "worker.log"), "utf8");
    expect(log).toContain("ready");
    expect(log).not.toContain(worker.record.token);
    expect(log).not.toContain("a secret message");
  });
});
