// HTTP as worker and gateway speak it on their Unix sockets: a bearer token on every route, bounded JSON bodies,
// errors as errorBody. In: node's request. Out: the handler of the one route that matches, or a plain refusal.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AnyWorkError, type ErrorCode, errorBody, toAnyWorkError } from "@anywork/protocol";

const maxBodyBytes = 8 * 1024 * 1024;

const statusOf: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  stale_lease: 409,
  payload_too_large: 413,
  unavailable: 503,
};

export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  /** The named parts of the path, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
}

export interface Route {
  method: string;
  pattern: RegExp;
  handle(call: Call): Promise<void> | void;
}

/** `route("GET", "/tasks/:id", …)`; a `:name` matches one path segment. */
export function route(method: string, path: string, handle: Route["handle"]): Route {
  const source = path.replace(/:([a-z_]+)/g, "(?<$1>[^/]+)");
  return { method, pattern: new RegExp(`^${source}$`), handle };
}

/** Compares in constant time, whatever the lengths. */
function matchesSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function hasBearer(request: IncomingMessage, token: string): boolean {
  const header = request.headers.authorization ?? "";
  return header.startsWith("Bearer ") && matchesSecret(header.slice(7), token);
}

/** A request listener over the routes. `token` is asked of every request before its route is looked for. */
export function createRouter(
  routes: Route[],
  options: { token: string; onError?: (error: AnyWorkError) => void },
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(routes, options.token, request, response).catch((thrown) => {
      const error = toAnyWorkError(thrown);
      if (statusOf[error.code] === undefined) options.onError?.(error);
      sendError(response, error);
    });
  };
}

async function answer(routes: Route[], token: string, request: IncomingMessage, response: ServerResponse) {
  if (!hasBearer(request, token)) throw new AnyWorkError("unauthorized", "the token is missing or wrong");
  const { pathname, searchParams } = parseTarget(request.url ?? "");
  const fitting = routes.filter((candidate) => candidate.pattern.test(pathname));
  if (fitting.length === 0) throw new AnyWorkError("not_found", `there is no route ${pathname}`);
  const found = fitting.find((candidate) => candidate.method === request.method);
  if (!found) throw new AnyWorkError("method_not_allowed", `${pathname} does not know ${request.method}`);
  const groups = found.pattern.exec(pathname)?.groups ?? {};
  await found.handle({ request, response, params: decodeParams(groups), query: searchParams });
}

function parseTarget(target: string): URL {
  try {
    if (!target.startsWith("/") || target.startsWith("//")) throw new Error("not a path");
    return new URL(target, "http://private");
  } catch (cause) {
    throw new AnyWorkError("invalid_request", "the request's target is not a path", { cause });
  }
}

function decodeParams(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch (cause) {
    throw new AnyWorkError("invalid_request", "the path is not well encoded", { cause });
  }
}

/** The body as the schema wants it; unknown keys are dropped. Throws invalid_json, invalid_request, payload_too_large. */
export async function readJson<T>(request: IncomingMessage, schema: JsonSchema<T>): Promise<T> {
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AnyWorkError("invalid_json", "the body is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new AnyWorkError("invalid_request", `${field || "the body"}: ${issue?.message ?? "is wrong"}`, { field });
}

/** What readJson needs of a zod schema. */
interface JsonSchema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new AnyWorkError("payload_too_large", "the body is larger than 8 MB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length }).end(bytes);
}

function sendError(response: ServerResponse, error: AnyWorkError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // The rest of a refused body is not read, so the connection cannot be used again.
  if (!response.req.complete) response.setHeader("connection", "close");
  sendJson(response, errorBody(error), statusOf[error.code] ?? 500);
}
