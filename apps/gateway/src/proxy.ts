// Hot path, worker half. In: a worker's call with its task's token. Out: the same call to the provider with its key,
// and the provider's bytes back unchanged; usage is read as they pass. Next: the provider, usage-journal.ts.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { createRedactor } from "@anywork/guard";
import type { GatewayUsage, ProviderStyle, Upstream } from "@anywork/protocol";
import { refuse } from "./refusal.ts";
import type { TaskRef, Tokens } from "./tokens.ts";
import { createUsageTap, type UsageTap } from "./usage-tap.ts";

const allowed: Record<ProviderStyle, ReadonlySet<string>> = {
  anthropic: new Set(["POST /v1/messages", "GET /v1/models"]),
  openai: new Set(["POST /v1/chat/completions", "GET /v1/models"]),
};
const hopByHop = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(
    " ",
  ),
);
/** Never from a worker to a provider: addresses, its own credentials, and encodings in which usage cannot be read. */
const notForwarded = new Set(["host", "authorization", "x-api-key", "api-key", "cookie", "expect", "accept-encoding"]);

const maxRefusalBytes = 256 * 1024;

export interface ProxyDeps {
  tokens: Tokens;
  upstream: () => Upstream | null;
  addUsage: (usage: Omit<GatewayUsage, "n">) => void;
}

export interface Proxy {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Calls under way. */
  readonly active: number;
  close(): void;
}

export function createProxy(deps: ProxyDeps): Proxy {
  const agents = {
    "http:": new HttpAgent({ keepAlive: true }),
    "https:": new HttpsAgent({ keepAlive: true }),
  };
  let active = 0;

  return {
    handle(request, response) {
      const [path = "", query] = (request.url ?? "").split("?", 2);
      const upstream = deps.upstream();
      const style = upstream?.style ?? (path === "/v1/messages" ? "anthropic" : "openai");
      const task = deps.tokens.taskOf(request.headers);
      if (!task) {
        return refuse(response, style, {
          status: 401,
          code: "unauthorized",
          message: "this task's token is not valid",
        });
      }
      if (!upstream) {
        const message = "no model provider is set up; add a key in the page or in .env";
        return refuse(response, style, { status: 503, code: "provider_missing", message });
      }
      if (!allowed[style].has(`${request.method} ${path}`)) {
        const message = `${request.method} ${path} is not open to workers`;
        return refuse(response, style, { status: 404, code: "not_found", message });
      }
      active++;
      response.once("close", () => active--);
      const target = new URL(upstream.base_url.replace(/\/+$/, "") + path.slice("/v1".length));
      if (query !== undefined) target.search = query;
      const agent = agents[target.protocol === "https:" ? "https:" : "http:"];
      try {
        forward({ request, response, task, upstream, target, agent, addUsage: deps.addUsage });
      } catch (thrown) {
        // A key with a character that no header may hold, above all.
        const message = `the call to ${upstream.name} cannot be made: ${(thrown as Error).message}; check its key`;
        refuse(response, style, { status: 401, code: "provider_auth", message });
      }
    },
    get active() {
      return active;
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  task: TaskRef;
  upstream: Upstream;
  target: URL;
  agent: HttpAgent | HttpsAgent;
  addUsage: ProxyDeps["addUsage"];
}

function forward(call: Call): void {
  const { request, response, upstream, target, agent } = call;
  const startedMs = performance.now();
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  const headers = outgoingHeaders(request, upstream);
  // No redirect is ever followed: node does not, and the key goes to base_url's host alone.
  const outgoing = send(target, { method: request.method, agent, headers });
  const meter = createMeter(call, startedMs);

  response.once("close", () => {
    if (!response.writableFinished) outgoing.destroy();
    meter.finish();
  });
  response.on("error", () => outgoing.destroy());
  outgoing.on("error", (error) => onUpstreamError(call, error));
  outgoing.once("response", (incoming) => passBack(incoming, call, meter));
  request.pipe(outgoing);
}

function outgoingHeaders(request: IncomingMessage, { style, api_key }: Upstream): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(endToEnd(request))) {
    if (!notForwarded.has(name)) headers[name] = value;
  }
  headers["accept-encoding"] = "identity";
  if (style === "openai") return { ...headers, authorization: `Bearer ${api_key}` };
  return { "anthropic-version": "2023-06-01", ...headers, "x-api-key": api_key };
}

/** Headers without those that concern one connection only (RFC 9110 section 7.6.1). */
function endToEnd({ headers }: IncomingMessage): Record<string, string | string[]> {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !named.has(name)) kept[name] = value;
  }
  return kept;
}

function passBack(incoming: IncomingMessage, { response, upstream }: Call, meter: Meter): void {
  const tap = createTap(incoming, upstream.style);
  meter.begin(incoming, tap);
  if ((incoming.statusCode ?? 502) >= 400) return void passRefusal(incoming, response, upstream);
  response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming));
  response.flushHeaders();
  incoming.on("data", (chunk: Buffer) => {
    meter.firstByte();
    if (!response.write(chunk)) incoming.pause();
    tap?.push(chunk);
  });
  response.on("drain", () => incoming.resume());
  incoming.once("end", () => response.end());
  // Cut by the provider: the worker must see a cut too, never a clean end.
  incoming.once("error", () => response.destroy());
  incoming.once("close", () => {
    if (!incoming.complete) response.destroy();
  });
}

/** What a provider says against a call may repeat its key: refusals alone are read, and the key taken out of them. */
async function passRefusal(incoming: IncomingMessage, response: ServerResponse, upstream: Upstream): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= maxRefusalBytes) chunks.push(chunk);
    }
  } catch {
    return void response.destroy(); // cut by the provider: the worker must see a cut too
  }
  const text = createRedactor([upstream.api_key])(Buffer.concat(chunks).toString());
  const { "content-length": _, ...headers } = endToEnd(incoming);
  response.writeHead(incoming.statusCode ?? 502, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function createTap(incoming: IncomingMessage, style: ProviderStyle): UsageTap | null {
  const type = incoming.headers["content-type"] ?? "";
  if (type.includes("text/event-stream")) return createUsageTap(style, "stream");
  return type.includes("json") ? createUsageTap(style, "body") : null;
}

function onUpstreamError({ response, upstream, target }: Call, error: Error): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const message = `${upstream.name} at ${target.host} cannot be reached: ${error.message}`;
  refuse(response, upstream.style, { status: 502, code: "provider_unreachable", message });
}

interface Meter {
  begin(incoming: IncomingMessage, tap: UsageTap | null): void;
  firstByte(): void;
  finish(): void;
}

/** One usage entry per call that the provider answered, also when it broke. Listing models uses nothing. */
function createMeter({ request, task, addUsage }: Call, startedMs: number): Meter {
  let status = 0;
  let tap: UsageTap | null = null;
  let firstByteMs = 0;
  const elapsed = () => Math.round((performance.now() - startedMs) * 10) / 10;
  const noUsage = { model: "", input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
  return {
    begin(incoming, newTap) {
      status = incoming.statusCode ?? 0;
      tap = newTap;
    },
    firstByte() {
      if (firstByteMs === 0) firstByteMs = elapsed();
    },
    finish() {
      if (status === 0 || request.method === "GET") return;
      const { taskId: task_id, sessionId: session_id } = task;
      const usage = tap?.read() ?? noUsage;
      const at = new Date().toISOString();
      addUsage({ task_id, session_id, ...usage, status, first_byte_ms: firstByteMs, duration_ms: elapsed(), at });
    },
  };
}
