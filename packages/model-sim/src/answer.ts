// In: a recorded request and its body. Out: a refusal in the provider's form, or a planned answer for respond.ts.
// The order is the real APIs': route, key, JSON, shape, model, and only then what the script says.
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { assertNever } from "@anywork/protocol";
import { countTokens } from "./beats.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createFaultCounter } from "./fault-counter.ts";
import { respondStream, respondWhole } from "./respond.ts";
import { findRoute, type Route } from "./routes.ts";
import { planAnswer } from "./script/plan.ts";
import type { Fault, Step } from "./script/step.ts";
import { readAnthropicInput } from "./wire/anthropic-request.ts";
import {
  badRequest,
  type Conversation,
  isObject,
  isRefusal,
  type JsonObject,
  type Refusal,
} from "./wire/conversation.ts";
import type { AnswerFacts, Wire } from "./wire/wire.ts";

export interface RecordedRequest {
  method: string;
  path: string;
  /** All headers as they came, names in lower case. */
  headers: Record<string, string>;
  /** The parsed JSON, or the text as it came when it is none. */
  body: unknown;
  /** True from the moment the client goes away before the answer ended. */
  aborted: boolean;
}

export interface AnswerOptions {
  /** The models to list and to accept; without it any model is accepted and two are listed. */
  models?: string[];
  /** Keys to accept; without it any non-empty key. */
  keys?: string[];
  clock?: Clock;
  /** Milliseconds between the tokens of an answer to a prompt without directives. Default 15. */
  demoPaceMs?: number;
}

export const maxBodyBytes = 32 * 1024 * 1024;
const defaultModels = ["anywork-sim", "anywork-sim-mini"];

type Answer = (request: RecordedRequest, text: string, response: ServerResponse) => Promise<void>;

/** `closing` ends every answer that is under way. */
export function createAnswerer(options: AnswerOptions, closing: AbortSignal): Answer {
  const counter = createFaultCounter();
  const clock = options.clock ?? systemClock;

  return async (request, text, response) => {
    const headers = new Headers(request.headers);
    const route = findRoute(request.method, request.path, headers);
    const { wire } = route;
    const seed = createHash("sha256").update(`${wire.name} ${request.path} ${text}`).digest("hex");
    const requestId = `req_${seed.slice(0, 24)}`;
    response.setHeader(wire.requestIdHeader, requestId);
    const refuse = (refusal: Refusal) =>
      sendJson(response, refusal.status, wire.errorBody(refusal, requestId), refusal.headers);

    const early = keyRefusal(wire, headers, options.keys) ?? bodyRefusal(request, text, route);
    if (early !== undefined) return refuse(early);
    if (route.type !== "answer") {
      const found = lookUp(route, request, options.models ?? defaultModels);
      return isRefusal(found) ? refuse(found) : sendJson(response, 200, found);
    }

    const conversation = wire.readRequest(request.body as JsonObject, headers);
    if (isRefusal(conversation)) return refuse(conversation);
    const noModel = modelRefusal(wire, conversation.model, options.models);
    if (noModel !== undefined) return refuse(noModel);
    const step = planAnswer(conversation, options.demoPaceMs ?? 15);
    if (isRefusal(step)) return refuse(step);
    const fault = counter.next(hashOf(conversation.messages), step.faults);
    if (fault?.type === "status") return refuse(statusRefusal(fault));

    const signal = AbortSignal.any([closing, goneSignal(request, response)]);
    const respond = conversation.stream ? respondStream : respondWhole;
    await respond(response, { wire, step, fault, facts: factsOf(seed, conversation, step) }, { clock, signal });
  };
}

function lookUp(
  route: Exclude<Route, { type: "answer" }>,
  request: RecordedRequest,
  models: string[],
): JsonObject | Refusal {
  switch (route.type) {
    case "models":
      return route.wire.models(models);
    case "model":
      return models.includes(route.model) ? route.wire.model(route.model) : unknownModel(route.wire, route.model);
    case "count": {
      const input = readAnthropicInput(request.body as JsonObject, "");
      return isRefusal(input) ? input : { input_tokens: input.inputTokens };
    }
    case "unknown":
      return { status: 404, message: `Unknown request URL: ${request.method} ${request.path}` };
    default:
      return assertNever(route);
  }
}

function keyRefusal(wire: Wire, headers: Headers, keys: string[] | undefined): Refusal | undefined {
  const bearer = /^Bearer\s+(\S+)/i.exec(headers.get("authorization") ?? "")?.[1];
  const key = headers.get("x-api-key") || bearer;
  if (key && (keys === undefined || keys.includes(key))) return undefined;
  if (wire.name === "anthropic")
    return { status: 401, message: key ? "invalid x-api-key" : "x-api-key header is required" };
  if (key)
    return { status: 401, message: `Incorrect API key provided: ${key.slice(0, 3)}***. Check it and try again.` };
  const text = "You didn't provide an API key. Provide it in an Authorization header using Bearer auth.";
  return { status: 401, message: text, code: "missing_api_key" };
}

function bodyRefusal(request: RecordedRequest, text: string, route: Route): Refusal | undefined {
  if (Buffer.byteLength(text) > maxBodyBytes) return { status: 413, message: "Request exceeds the maximum size" };
  const takesBody = route.type === "answer" || route.type === "count";
  if (!takesBody || isObject(request.body)) return undefined;
  return badRequest("The request body is not a JSON object.");
}

function modelRefusal(wire: Wire, model: string, models: string[] | undefined): Refusal | undefined {
  return models === undefined || models.includes(model) ? undefined : unknownModel(wire, model);
}

function unknownModel(wire: Wire, model: string): Refusal {
  if (wire.name === "anthropic") return { status: 404, message: `model: ${model}` };
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return { status: 404, message, code: "model_not_found", param: "model" };
}

const statusTexts: Record<number, string> = {
  401: "invalid x-api-key",
  429: "This request would exceed your rate limit. Please try again later.",
  500: "Internal server error",
  529: "Overloaded",
};

function statusRefusal({ status, headers }: Extract<Fault, { type: "status" }>): Refusal {
  return { status, headers, message: statusTexts[status] ?? `Scripted failure with status ${status}` };
}

function factsOf(seed: string, conversation: Conversation, step: Step): AnswerFacts {
  const { model, includeUsage, inputTokens } = conversation;
  const usage = { in: inputTokens, out: countTokens(step), cache_read: 0, cache_write: 0, ...step.usage };
  const calls = step.parts.map(({ type }) => (type === "tool" ? 1 : 0));
  const stop = step.stop ?? (calls.some((call) => call === 1) ? "tools" : "end");
  const callIndex = (index: number): number => calls.slice(0, index).filter((call) => call === 1).length;
  return { seed, model, usage, stop, includeUsage, callIndex };
}

/** Aborts when the connection closes before the answer ended, and notes it on the request. */
function goneSignal(request: RecordedRequest, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    request.aborted = !response.writableFinished;
    gone.abort();
  });
  return gone.signal;
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
