// OpenAI Chat Completions, the answering side: https://platform.openai.com/docs/api-reference/chat-streaming

import type { Part, StopReason, Usage } from "../script/step.ts";
import type { JsonObject, Refusal } from "./conversation.ts";
import { readOpenAiRequest } from "./openai-request.ts";
import { type AnswerFacts, createdAt, type PartFrames, type StreamFrames, type Wire } from "./wire.ts";

const finishReasons: Record<StopReason, string> = {
  end: "stop",
  tools: "tool_calls",
  max_tokens: "length",
  refusal: "content_filter",
};

const errorKinds: Record<number, { type: string; code: string | null }> = {
  401: { type: "invalid_request_error", code: "invalid_api_key" },
  403: { type: "invalid_request_error", code: "unsupported_country_region_territory" },
  429: { type: "requests", code: "rate_limit_exceeded" },
};

export const openAiWire: Wire = {
  name: "openai",
  requestIdHeader: "x-request-id",
  readRequest: readOpenAiRequest,
  stream: streamFrames,
  whole: (facts, parts) => ({
    ...envelope(facts, "chat.completion"),
    choices: [
      { index: 0, message: wholeMessage(facts, parts), logprobs: null, finish_reason: finishReasons[facts.stop] },
    ],
    usage: usageOf(facts.usage, facts.usage.out),
  }),
  errorBody,
  models: (ids) => ({ object: "list", data: ids.map(model) }),
  model,
};

function streamFrames(facts: AnswerFacts): StreamFrames {
  const text = deltaFrames(facts, '{"content":', "}");
  return {
    head: chunk(facts, { role: "assistant", content: "" }),
    part: (part, index) => partFrames(facts, part, index),
    tail: (outputTokens) => tail(facts, outputTokens),
    ping: ": ping\n\n",
    malformed: `${text("x").slice(0, -20)}\n\n`,
    badText: text("\ufffd"),
    error: data(errorBody({ status: 503, message: "The server is overloaded or not ready yet." })),
  };
}

function partFrames(facts: AnswerFacts, part: Part, index: number): PartFrames {
  if (part.type === "text") return { open: "", delta: deltaFrames(facts, '{"content":', "}"), close: "" };
  if (part.type === "reasoning") {
    return { open: "", delta: deltaFrames(facts, '{"reasoning_content":', "}"), close: "" };
  }
  return {
    open: chunk(facts, { tool_calls: [{ index: facts.callIndex(index), ...toolCall(facts, part.name, index, "") }] }),
    delta: deltaFrames(facts, `{"tool_calls":[{"index":${facts.callIndex(index)},"function":{"arguments":`, "}}]}"),
    close: "",
  };
}

/** One chunk costs one JSON.stringify of its token: everything around it is made once per part. */
function deltaFrames(facts: AnswerFacts, before: string, after: string): (token: string) => string {
  const marker = "\u0000";
  const [head = "", rest = ""] = chunk(facts, marker).split(JSON.stringify(marker));
  const start = head + before;
  const end = after + rest;
  return (token) => `${start}${JSON.stringify(token)}${end}`;
}

function chunk(facts: AnswerFacts, delta: unknown, finishReason: string | null = null): string {
  return data({
    ...envelope(facts, "chat.completion.chunk"),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(facts.includeUsage && { usage: null }),
  });
}

function tail(facts: AnswerFacts, outputTokens: number): string {
  const last = chunk(facts, {}, finishReasons[facts.stop]);
  const usage = { ...envelope(facts, "chat.completion.chunk"), choices: [], usage: usageOf(facts.usage, outputTokens) };
  return `${last}${facts.includeUsage ? data(usage) : ""}data: [DONE]\n\n`;
}

function envelope({ seed, model: name }: AnswerFacts, object: string): JsonObject {
  return {
    id: `chatcmpl-${seed.slice(0, 24)}`,
    object,
    created: createdAt.seconds,
    model: name,
    system_fingerprint: "fp_simulator",
  };
}

function wholeMessage(facts: AnswerFacts, parts: readonly Part[]): JsonObject {
  const joined = (type: Part["type"]): string =>
    parts.map((part) => (part.type === type && part.type !== "tool" ? part.tokens.join("") : "")).join("");
  const calls = parts.flatMap((part, i) => (part.type === "tool" ? [toolCall(facts, part.name, i, part.json)] : []));
  const reasoning = joined("reasoning");
  return {
    role: "assistant",
    content: parts.some(({ type }) => type === "text") ? joined("text") : null,
    refusal: null,
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function toolCall({ seed }: AnswerFacts, name: string, index: number, args: string): JsonObject {
  const id = `call_${seed.slice(0, 20)}${String(index).padStart(2, "0")}`;
  return { id, type: "function", function: { name, arguments: args } };
}

function usageOf(usage: Usage, outputTokens: number): JsonObject {
  const prompt = usage.in + usage.cache_read + usage.cache_write;
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cache_read },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function errorBody({ status, message, code, param }: Refusal): JsonObject {
  const kind = errorKinds[status] ?? { type: status < 500 ? "invalid_request_error" : "server_error", code: null };
  return { error: { message, type: kind.type, param: param ?? null, code: code ?? kind.code } };
}

function model(id: string): JsonObject {
  return { id, object: "model", created: createdAt.seconds, owned_by: "model-sim" };
}

function data(value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
