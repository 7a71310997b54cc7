// The real gateway process between a worker's call and a small upstream server of ours on loopback.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnvironment, createUnixClient, endProcess, type StartedProcess, startProcess } from "@anywork/drivers";
import { type GatewayUsage, gatewayUsageListSchema } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const key = "sk-provider-secret-key";
const token = "task-token-".padEnd(40, "x");

let home: string;
let gateway: StartedProcess;
let control: ReturnType<typeof createUnixClient>;
let upstream: Server;
let answer: (incoming: IncomingMessage, out: ServerResponse) => void;
const seen: { headers: IncomingMessage["headers"]; method: string; url: string; body: Buffer }[] = [];

async function start(orphanExitMs = 60_000): Promise<void> {
  gateway = await startProcess({
    kind: "gateway",
    home,
    runDir: join(home, "run"),
    command: [process.execPath, main],
    version: "1.0.0",
    boot: { orphan_exit_ms: orphanExitMs },
    env: childEnvironment(process.env),
  });
  control = createUnixClient(gateway.record);
}

async function setUp(style: "anthropic" | "openai" = "anthropic"): Promise<void> {
  await control.json("PUT", "/control/upstream", { upstream: { name: "test", style, base_url: base(), api_key: key } });
  await control.json("PUT", "/control/tokens/t1", { token, session_id: "s1" });
}

const base = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/api/v1`;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "aw-gw-"));
  seen.length = 0;
  upstream = createServer((incoming, out) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { headers, method = "", url = "" } = incoming;
      seen.push({ headers, method, url, body: Buffer.concat(chunks) });
      answer(incoming, out);
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  await start();
});

afterEach(async () => {
  control.close();
  endProcess(gateway.record.pid);
  await gateway.exited;
  upstream.closeAllConnections();
  upstream.close();
  rmSync(home, { recursive: true, force: true });
});

interface CallOptions {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

function open({ path = "/v1/messages", method = "POST", headers = {}, body }: CallOptions = {}) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const options = { socketPath: gateway.record.address, path, method, headers: { "x-api-key": token, ...headers } };
    const outgoing = request(options, resolve).on("error", reject);
    outgoing.end(body ?? (method === "POST" ? "{}" : undefined));
  });
}

async function call(options: CallOptions = {}) {
  const response = await open(options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

const usage = async (after = 0): Promise<GatewayUsage[]> =>
  gatewayUsageListSchema.parse(await control.json("GET", `/control/usage?after=${after}`)).usage;
const usageOf = (n: number) =>
  vi.waitFor(
    async () => {
      const all = await usage();
      expect(all).toHaveLength(n);
      return all;
    },
    { timeout: 10_000, interval: 20 },
  );

const sse = (...data: object[]) => data.map((one) => `event: x\ndata: ${JSON.stringify(one)}\n\n`).join("");
const anthropicAnswer = sse(
  {
    type: "message_start",
    message: { model: "claude-x", usage: { input_tokens: 11, cache_read_input_tokens: 5, output_tokens: 1 } },
  },
  { type: "content_block_delta", delta: { type: "text_delta", text: 'ž 🧑‍🚀 says "usage" and \\"usage\\":3' } },
  { type: "message_delta", usage: { output_tokens: 42 } },
);

/** Sends bytes in the given pieces, each in its own write, so that the provider's chunks are cut anywhere. */
function sendPieces(out: ServerResponse, bytes: Buffer, size: number): void {
  let at = 0;
  const next = () => {
    if (at >= bytes.length) return void out.end();
    out.write(bytes.subarray(at, at + size), () => setImmediate(next));
    at += size;
  };
  next();
}

const stream = (bytes: string | Buffer, size = 7) =>
  ((_, out) => {
    out.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "r1" });
    sendPieces(out, Buffer.from(bytes), size);
  }) satisfies typeof answer;

describe("the gateway's worker half", () => {
  it("adds the provider's key and never forwards the task's token, in either header", async () => {
    await setUp();
    answer = stream(anthropicAnswer);
    for (const headers of [{ "x-api-key": token }, { "x-api-key": "", authorization: `Bearer ${token}` }]) {
      if (headers["x-api-key"] === "") Reflect.deleteProperty(headers, "x-api-key");
      const outgoing = request({ socketPath: gateway.record.address, path: "/v1/messages", method: "POST", headers });
      const status = new Promise((resolve) => outgoing.on("response", (reply) => resolve(reply.resume().statusCode)));
      outgoing.end("{}");
      expect(await status).toBe(200);
    }
    for (const { headers, url } of seen) {
      expect(headers["x-api-key"]).toBe(key);
      expect(headers["anthropic-version"]).toBe("2023-06-01");
      expect(headers.host).toBe(new URL(base()).host);
      expect(url).toBe("/api/v1/messages");
      expect(JSON.stringify(headers)).not.toContain(token);
    }
  });

  it("an OpenAI provider gets its key as a bearer, and cookies and hop headers stay behind", async () => {
    await setUp("openai");
    answer = stream("data: [DONE]\n\n");
    const headers = { cookie: "a=b", te: "trailers", connection: "x-private", "x-private": "1", "x-kept": "2" };
    await call({ path: "/v1/chat/completions?beta=1", headers });
    expect(seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${key}`,
      "x-kept": "2",
      "accept-encoding": "identity",
    });
    for (const name of ["cookie", "te", "x-private", "x-api-key"]) expect(seen[0]?.headers).not.toHaveProperty(name);
    expect(seen[0]?.url).toBe("/api/v1/chat/completions?beta=1");
  });

  it("passes request and answer through byte by byte, however they are cut", async () => {
    await setUp();
    const body = randomBytes(300_000);
    for (const size of [1, 3, 1_000]) {
      const wire = Buffer.from(anthropicAnswer + (size > 3 ? "ž🧑‍🚀".repeat(5_000) : ""));
      answer = stream(wire, size);
      const reply = await call({ body });
      expect(reply.body.equals(wire)).toBe(true);
      expect(reply.headers["x-request-id"]).toBe("r1");
      expect(seen.at(-1)?.body.equals(body)).toBe(true);
    }
  });

  it.each([1, 13, 100_000])("reads what was used off an Anthropic stream in pieces of %i bytes", async (size) => {
    await setUp();
    answer = stream(anthropicAnswer, size);
    await call();
    const [entry] = await usageOf(1);
    expect(entry).toMatchObject({
      n: 1,
      task_id: "t1",
      session_id: "s1",
      model: "claude-x",
      status: 200,
      input_tokens: 11,
      output_tokens: 42,
      cache_read_tokens: 5,
    });
  });

  it.each([1, 13, 100_000])("reads what was used off an OpenAI stream in pieces of %i bytes", async (size) => {
    await setUp("openai");
    const delta = { model: "gpt-x", choices: [{ delta: { content: "hi" } }], usage: null };
    const counts = { prompt_tokens: 20, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 8 } };
    answer = stream(`${sse(delta, delta, { model: "gpt-x", choices: [], usage: counts })}data: [DONE]\n\n`, size);
    await call({ path: "/v1/chat/completions" });
    const [entry] = await usageOf(1);
    expect(entry).toMatchObject({ model: "gpt-x", input_tokens: 12, output_tokens: 9, cache_read_tokens: 8 });
  });

  it("reads what was used out of an answer that is not streamed", async () => {
    await setUp();
    answer = (_, out) => {
      out.writeHead(200, { "content-type": "application/json" });
      out.end(JSON.stringify({ model: "claude-x", usage: { input_tokens: 3, output_tokens: 4 } }, null, 2));
    };
    await call();
    expect(await usageOf(1)).toMatchObject([{ model: "claude-x", input_tokens: 3, output_tokens: 4 }]);
  });

  it("a provider's error passes through as it is, and a redirect is not followed", async () => {
    await setUp();
    const body = JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "busy" } });
    answer = (_, out) => out.writeHead(529, { "content-type": "application/json", "retry-after": "7" }).end(body);
    const reply = await call();
    expect(reply).toMatchObject({ status: 529, headers: { "retry-after": "7" } });
    expect(reply.body.toString()).toBe(body);
    answer = (_, out) => out.writeHead(307, { location: "http://127.0.0.1:1/stolen" }).end();
    expect((await call()).status).toBe(307);
    expect(seen).toHaveLength(2);
  });

  it("a provider that repeats its key in a refusal tells it to nobody, neither in a call nor in a check", async () => {
    await setUp();
    answer = (_, out) => out.writeHead(401).end(JSON.stringify({ error: { message: `Incorrect API key: ${key}` } }));
    const reply = await call();
    expect(reply.status).toBe(401);
    expect(JSON.parse(reply.body.toString())).toEqual({ error: { message: "Incorrect API key: ***" } });
    const body = { style: "anthropic", base_url: base(), api_key: key };
    expect(await control.json("POST", "/control/check", body)).toMatchObject({ message: "Incorrect API key: ***" });
  });

  it("a dead or unknown token is 401 in the provider's words, and nothing reaches the provider", async () => {
    await setUp();
    await control.json("DELETE", "/control/tokens/t1");
    for (const headers of [{}, { "x-api-key": "wrong" }, { "x-api-key": key }]) {
      const reply = await call({ headers });
      expect(reply.status).toBe(401);
      expect(JSON.parse(reply.body.toString())).toMatchObject({
        type: "error",
        error: { type: "authentication_error", code: "unauthorized" },
      });
    }
    expect(seen).toEqual([]);
  });

  it.each([
    ["GET", "/v1/messages"],
    ["POST", "/v1/chat/completions"],
    ["POST", "/v1/messages/../files"],
    ["DELETE", "/v1/files"],
    ["POST", "/v1/messages%2f"],
  ])("%s %s is not open to workers", async (method, path) => {
    await setUp();
    expect((await call({ method, path })).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it("a key that no header can hold is 401, and the gateway lives on", async () => {
    const bad = { name: "test", style: "anthropic", base_url: base(), api_key: "sk-\u2026masked" };
    await control.json("PUT", "/control/tokens/t1", { token, session_id: "s1" });
    await control.json("PUT", "/control/upstream", { upstream: bad });
    const refused = await call();
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body.toString()).error).toMatchObject({ code: "provider_auth" });
    expect(refused.body.toString()).not.toContain("masked");
    expect(await control.json("GET", "/health")).toMatchObject({ status: "ok" });
  });

  it("a worker's token does not open the control half, nor the control token the worker half", async () => {
    await setUp();
    expect(
      (await call({ method: "GET", path: "/control/usage", headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
    expect((await call({ headers: { "x-api-key": gateway.record.token } })).status).toBe(401);
  });

  it("without a provider it says so with 503, and when that is down with 502", async () => {
    await control.json("PUT", "/control/tokens/t1", { token, session_id: "s1" });
    const missing = await call();
    expect([missing.status, JSON.parse(missing.body.toString()).error.code]).toEqual([503, "provider_missing"]);
    await control.json("PUT", "/control/upstream", {
      upstream: { name: "down", style: "openai", base_url: "http://127.0.0.1:1/v1", api_key: key },
    });
    const down = await call({ path: "/v1/chat/completions" });
    expect([down.status, JSON.parse(down.body.toString()).error.code]).toEqual([502, "provider_unreachable"]);
    expect(down.body.toString()).not.toContain(key);
  });

  it("a provider that cuts its answer cuts the worker's, and what was read by then is counted", async () => {
    await setUp();
    answer = (_, out) => {
      out.writeHead(200, { "content-type": "text/event-stream" });
      out.write(anthropicAnswer.slice(0, anthropicAnswer.indexOf("event: x", 5)), () => out.destroy());
    };
    await expect(call()).rejects.toThrow("aborted");
    expect(await usageOf(1)).toMatchObject([{ input_tokens: 11, status: 200 }]);
  });

  it("a worker that goes away ends the call to the provider", async () => {
    await setUp();
    const closed = Promise.withResolvers<void>();
    answer = (_, out) => {
      out.once("close", closed.resolve);
      out.writeHead(200, { "content-type": "text/event-stream" }).write("data: {}\n\n");
    };
    (await open()).destroy();
    await closed.promise;
    expect(await usageOf(1)).toMatchObject([{ output_tokens: 0 }]);
  });

  it("a worker that does not read holds the provider back instead of filling memory", async () => {
    await setUp();
    const total = 64 * 1024 * 1024;
    let sent = 0;
    const stalled = Promise.withResolvers<void>();
    const block = Buffer.alloc(256 * 1024, "x");
    answer = (_, out) => {
      out.writeHead(200, { "content-type": "text/event-stream" });
      const more = () => {
        while (sent < total) {
          sent += block.length;
          if (!out.write(block)) {
            const timer = setTimeout(() => stalled.resolve(), 500);
            return void out.once("drain", () => {
              clearTimeout(timer);
              more();
            });
          }
        }
        out.end();
      };
      more();
    };
    const response = await open();
    await stalled.promise;
    expect(sent).toBeLessThan(total / 2);
    let received = 0;
    const digest = createHash("sha256");
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      digest.update(chunk);
    }
    expect(received).toBe(total);
    expect(digest.digest("hex")).toBe(createHash("sha256").update(Buffer.alloc(total, "x")).digest("hex"));
  });
});

describe("the gateway's control half", () => {
  it("keeps usage through kill -9 until it is settled, and numbers go on", async () => {
    await setUp();
    answer = stream(anthropicAnswer);
    await call();
    await call();
    await usageOf(2);
    await control.json("POST", "/control/usage/settled", { n: 1 });
    const { address, pid } = gateway.record;
    process.kill(pid, "SIGKILL");
    await gateway.exited;
    control.close();
    await start();
    expect(gateway.record.address).toBe(address); // Tasks that run reach the new one where the old one was.
    expect((await usage()).map(({ n }) => n)).toEqual([2]);
    expect((await call()).status).toBe(401); // Tokens and keys were in memory only.
    await setUp();
    await call();
    expect((await usageOf(2)).map(({ n }) => n)).toEqual([2, 3]);
    await control.json("POST", "/control/usage/settled", { n: 3 });
    expect(await usage()).toEqual([]);
  });

  it("never writes a key or a token to its journal or log", async () => {
    await setUp();
    answer = stream(anthropicAnswer);
    await call();
    await control.json("POST", "/control/check", {
      style: "anthropic",
      base_url: "http://127.0.0.1:1/v1",
      api_key: key,
    });
    await usageOf(1);
    for (const file of ["journal/gateway-usage.jsonl", "logs/gateway.log"]) {
      const text = readFileSync(join(home, file), "utf8");
      expect(text).not.toContain(key);
      expect(text).not.toContain(token);
    }
  });

  it("a check of a good key names the provider's models", async () => {
    answer = (_, out) => out.end(JSON.stringify({ data: [{ id: "claude-old" }, { id: "claude-sonnet-9" }] }));
    const result = await control.json("POST", "/control/check", { style: "anthropic", base_url: base(), api_key: key });
    expect(result).toEqual({ ok: true, model: "claude-sonnet-9", models: ["claude-old", "claude-sonnet-9"] });
    expect(seen[0]).toMatchObject({ method: "GET", url: "/api/v1/models", headers: { "x-api-key": key } });
  });

  it("a check of a wrong key gives the provider's own words", async () => {
    answer = (_, out) => out.writeHead(401).end(JSON.stringify({ error: { message: "invalid x-api-key" } }));
    const result = await control.json("POST", "/control/check", { style: "openai", base_url: base(), api_key: "no" });
    expect(result).toMatchObject({ ok: false, code: "provider_auth", message: "invalid x-api-key" });
  });

  it("a provider without a list of models is asked for one token", async () => {
    answer = (incoming, out) => (incoming.method === "GET" ? out.writeHead(404).end("no") : out.end("{}"));
    const body = { style: "openai", base_url: base(), api_key: key, model: "local-model" };
    expect(await control.json("POST", "/control/check", body)).toMatchObject({ ok: true, model: "local-model" });
    expect(JSON.parse(seen[1]?.body.toString() ?? "")).toMatchObject({ model: "local-model", max_tokens: 1 });
  });

  it("a wrong body is refused with its field", async () => {
    const refused = control.json("PUT", "/control/tokens/t1", { token: "short", session_id: "s" });
    await expect(refused).rejects.toMatchObject({ code: "invalid_request", field: "token" });
    await expect(control.json("GET", "/control/nothing")).rejects.toMatchObject({ code: "not_found" });
    await expect(control.json("GET", "/control/upstream")).rejects.toMatchObject({ code: "method_not_allowed" });
  });

  it("one that ends late leaves its successor's socket alone", async () => {
    const old = gateway;
    control.close();
    await start();
    process.kill(old.record.pid, "SIGTERM");
    await old.exited;
    expect(await control.json("GET", "/health")).toMatchObject({ status: "ok" });
  });

  it("ends itself when no hub asks for it", async () => {
    control.close();
    endProcess(gateway.record.pid);
    await gateway.exited;
    await start(300);
    expect(await gateway.exited).toMatch(/ended/);
  });
});
