import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModelSim } from "./index.ts";

const sim = createModelSim({ demoPaceMs: 0 });
beforeAll(() => sim.listen({ port: 0 }));
afterAll(() => sim.close());

type Api = "anthropic" | "openai";
const apis: Api[] = ["anthropic", "openai"];

function send(api: Api, content: string, more: { stream?: boolean; signal?: AbortSignal } = {}): Promise<Response> {
  const path = api === "anthropic" ? "/v1/messages" : "/v1/chat/completions";
  const body = { model: "sim", max_tokens: 100, stream: more.stream ?? true, messages: [{ role: "user", content }] };
  const headers = { "content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01" };
  const signal = more.signal ?? null;
  return fetch(sim.url + path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** Reads until `enough` of the text is there, then leaves. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (enough(text)) break;
  }
  return text;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("the condition did not come true within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(apis)("bytes on the %s wire", (api) => {
  it("are the same for the same request", async () => {
    const prompt = '[[reasoning:hm]][[tokens:50]][[tool:bash {"command":"ls"}]]';
    const answer = async (stream: boolean) => {
      const response = await send(api, prompt, { stream });
      return { headers: Object.fromEntries(response.headers), text: await response.text() };
    };
    for (const stream of [true, false]) expect(await answer(stream)).toEqual(await answer(stream));
  });

  it("hold exactly the scripted tokens, also paced ones", async () => {
    for (const pace of ["", "[[first:3]][[delay:1]]", "[[rate:5000]]"]) {
      const text = await (await send(api, `${pace}[[tokens:30]]`)).text();
      expect(text.match(/" ?w\d+"/g)).toHaveLength(30);
      expect(text).toMatch(api === "anthropic" ? /event: message_stop\n.*\n\n$/ : /data: \[DONE\]\n\n$/);
    }
  });

  it("end their lines with CRLF when told so", async () => {
    const text = await (await send(api, "[[crlf]][[tokens:5]]")).text();
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });

  it("come in chunks that split lines and code points, and join to the unsplit bytes", async () => {
    const plain = await (await send(api, "[[text:Grüße 🦊]]")).text();
    const response = await send(api, "[[split]][[text:Grüße 🦊]]");
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    const isBroken = (chunk: Uint8Array) => new TextDecoder().decode(chunk).includes("\ufffd");
    expect(chunks.some((chunk) => chunk.length === 1)).toBe(true);
    expect(chunks.some(isBroken)).toBe(true);
    const ids = /(msg_|chatcmpl-|req_)[0-9a-f]+/g;
    const usage = /"(input|prompt|total)_tokens":\d+/g;
    const neutral = (text: string) => text.replace(ids, "id").replace(usage, "usage");
    expect(neutral(Buffer.concat(chunks).toString())).toBe(neutral(plain));
  });

  it("hold invalid UTF-8 when told so", async () => {
    const bytes = await (await send(api, "[[badutf8]][[tokens:5]]")).bytes();
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).toThrow();
    expect(new TextDecoder().decode(bytes)).toContain(" w4");
  });

  it("hold one frame of broken JSON when told so", async () => {
    const text = await (await send(api, "[[malformed]][[tokens:5]]")).text();
    const lines = text.split("\n").filter((line) => line.startsWith("data: {"));
    const broken = lines.filter((line) => {
      try {
        return JSON.parse(line.slice(6)) === undefined;
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
  });

  it("stop without the closing events when told so", async () => {
    const text = await (await send(api, "[[nostop]][[tokens:5]]")).text();
    expect(text).toContain(" w4");
    expect(text).not.toMatch(/message_stop|message_delta|\[DONE\]|"finish_reason":"/);
  });

  it("break off after k tokens, and before the headers without k", async () => {
    const response = await send(api, "[[cut:3]][[tokens:9]]");
    let text = "";
    await expect(
      (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
      })(),
    ).rejects.toThrow();
    expect(text.match(/" ?w\d+"/g)).toEqual(['"w0"', '" w1"', '" w2"']);
    await expect(send(api, "[[cut]]")).rejects.toThrow();
    await expect(send(api, "[[cut:1]]", { stream: false }).then((whole) => whole.text())).rejects.toThrow();
  });

  it("stall after k tokens with the connection open, until the client goes away", async () => {
    const leave = new AbortController();
    const response = await send(api, "[[stall:2]][[tokens:9]]", { signal: leave.signal });
    const text = await readUntil(response, (sofar) => sofar.includes(" w1"));
    expect(text).not.toContain(" w2");
    const request = sim.requests.at(-1);
    await until(() => request?.aborted === true);
    const silent = send(api, "[[stall]]", { signal: leave.signal });
    await until(() => sim.requests.at(-1) !== request);
    leave.abort();
    await expect(silent).rejects.toThrow();
  });

  it("ping for ever and say nothing", async () => {
    const text = await readUntil(
      await send(api, "[[pings:1]]"),
      (sofar) => (sofar.match(/ping\n|: ping/g) ?? []).length > 3,
    );
    expect(text).not.toMatch(/w0|text_delta/);
  });

  it("never end for an endless answer, which stops with its reader", async () => {
    await readUntil(await send(api, "[[endless]]"), (sofar) => sofar.includes(" w2000"));
    const request = sim.requests.at(-1);
    await until(() => request?.aborted === true);
  });

  it("hold one delta of the size asked for", async () => {
    const text = await (await send(api, "[[huge:300000]]")).text();
    expect(text).toContain(`"${"x".repeat(300_000)}"`);
  });

  it("hold tool arguments that are no JSON when told so", async () => {
    const text = await (await send(api, "[[toolbad:bash]]")).text();
    const pieces = text.matchAll(/"(?:partial_json|arguments)":("(?:[^"\\]|\\.)*")/g);
    const args = Array.from(pieces, ([, piece]) => JSON.parse(piece ?? '""')).join("");
    expect(args).toBe('{"command":"echo ');
  });

  it("repeat the prompt for echo", async () => {
    const text = await (await send(api, "Say ü again [[echo]]", { stream: false })).text();
    expect(text).toContain('"Say ü again"');
  });

  it("count a fault with xN over identical calls only", async () => {
    const statuses: number[] = [];
    const prompt = `${api} [[503x2]][[500x1]][[text:ok]]`;
    for (let i = 0; i < 4; i++) statuses.push((await send(api, prompt, { stream: false })).status);
    expect(statuses).toEqual([503, 503, 500, 200]);
    expect((await send(api, `${prompt} other`, { stream: false })).status).toBe(503);
  });
});

describe("the simulator's server", () => {
  it("answers broken JSON and foreign routes in the provider's form", async () => {
    const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
    const broken = await fetch(`${sim.url}/v1/messages`, { method: "POST", headers, body: "{nope" });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { type: "invalid_request_error" } }]);
    for (const path of ["/v2/nothing", "//", "/v1/models/%zz", "/v1/messages"]) {
      const foreign = await fetch(sim.url + path, { headers });
      expect([foreign.status, await foreign.json()]).toMatchObject([404, { error: { type: "not_found_error" } }]);
    }
  });

  it("records what came, all headers and the body", async () => {
    await (await send("openai", "[[text:x]]", { stream: false })).text();
    expect(sim.requests.at(-1)).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      headers: { "x-api-key": "k" },
      body: { messages: [{ role: "user", content: "[[text:x]]" }] },
    });
  });

  it("refuses a body above 32 MB without dying", async () => {
    const body = JSON.stringify({ model: "sim", padding: "x".repeat(33 * 1024 * 1024) });
    const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
    const response = await fetch(`${sim.url}/v1/messages`, { method: "POST", headers, body });
    expect([response.status, await response.json()]).toMatchObject([413, { error: { type: "request_too_large" } }]);
    expect((await send("anthropic", "[[text:alive]]")).status).toBe(200);
  });

  it("listens on a Unix socket, and says when a port is taken", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sim-"));
    const other = createModelSim();
    const socketPath = join(folder, "s");
    try {
      expect(await other.listen({ socket: socketPath })).toEqual({ url: `unix:${socketPath}`, port: 0 });
      const status = await new Promise((resolve, reject) => {
        const request = httpRequest(
          { socketPath, path: "/v1/models", headers: { authorization: "Bearer k" } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        request.on("error", reject).end();
      });
      expect(status).toBe(200);
      const taken = Number(new URL(sim.url).port);
      await expect(createModelSim().listen({ port: taken })).rejects.toMatchObject({ code: "port_in_use" });
    } finally {
      await other.close();
      await rm(folder, { recursive: true });
    }
  });

  it("ends open answers when it closes", async () => {
    const other = createModelSim();
    const { url } = await other.listen({ port: 0 });
    const headers = { authorization: "Bearer k" };
    const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "[[stall:1]]" }] });
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body });
    await Promise.all([other.close(), expect(response.text()).rejects.toThrow()]);
  });
});
