// Anthropic Messages, the answering side: https://docs.anthropic.com/en/api/messages-streaming

import type { Part, StopReason, Usage } from "../script/step.ts";
import { readAnthropicRequest } from "./anthropic-request.ts";
import type { JsonObject, Refusal } from "./conversation.ts";
import { type AnswerFacts, createdAt, type PartFrames, type StreamFrames, type Wire } from "./wire.ts";

const stopReasons: Record<StopReason, string> = {
  end: "end_turn",
  tools: "tool_use",
  max_tokens: "max_tokens",
  refusal: "refusal",
};

const errorTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const ping = sse({ type: "ping" });

export const anthropicWire: Wire = {
  name: "anthropic",
  requestIdHeader: "request-id",
  readRequest: readAnthropicRequest,
  stream: streamFrames,
  whole: (facts, parts) => ({
    ...message(facts, usageOf(facts.usage, facts.usage.out)),
    content: parts.map((part, index) => wholeBlock(facts, part, index)),
    stop_reason: stopReasons[facts.stop],
  }),
  errorBody,
  models: (ids) => ({
    data: ids.map(model),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
  }),
  model,
};

function streamFrames(facts: AnswerFacts): StreamFrames {
  const started = { type: "message_start", message: message(facts, usageOf(facts.usage, 1)) };
  return {
    head: sse(started),
    part: (part, index) => partFrames(facts, part, index),
    tail: (outputTokens) =>
      sse({
        type: "message_delta",
        delta: { stop_reason: stopReasons[facts.stop], stop_sequence: null },
        usage: usageOf(facts.usage, outputTokens),
      }) + sse({ type: "message_stop" }),
    ping,
    malformed: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_d\n\n',
    badText: sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "\ufffd" } }),
    error: sse({ ...errorBody({ status: 529, message: "Overloaded" }, `req_${facts.seed.slice(0, 24)}`) }),
  };
}

function partFrames(facts: AnswerFacts, part: Part, index: number): PartFrames {
  const block = emptyBlock(facts, part, index);
  // the real API pings once after the first block has begun
  const open = sse({ type: "content_block_start", index, content_block: block }) + (index === 0 ? ping : "");
  const close = sse({ type: "content_block_stop", index });
  const deltaOf = (type: string, field: string): ((token: string) => string) => {
    const before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
    return (token) => `${before}${JSON.stringify(token)}}}\n\n`;
  };
  if (part.type === "text") return { open, delta: deltaOf("text_delta", "text"), close };
  if (part.type === "tool") {
    const delta = deltaOf("input_json_delta", "partial_json");
    return { open: open + delta(""), delta, close };
  }
  const signature = deltaOf("signature_delta", "signature")(signatureOf(facts));
  return { open, delta: deltaOf("thinking_delta", "thinking"), close: signature + close };
}

function message({ seed, model: name }: AnswerFacts, usage: JsonObject): JsonObject {
  const id = `msg_${seed.slice(0, 24)}`;
  return {
    id,
    type: "message",
    role: "assistant",
    model: name,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
}

function emptyBlock(facts: AnswerFacts, part: Part, index: number): JsonObject {
  if (part.type === "text") return { type: "text", text: "" };
  if (part.type === "reasoning") return { type: "thinking", thinking: "", signature: "" };
  return { type: "tool_use", id: toolUseId(facts, index), name: part.name, input: {} };
}

function wholeBlock(facts: AnswerFacts, part: Part, index: number): JsonObject {
  const empty = emptyBlock(facts, part, index);
  if (part.type === "text") return { ...empty, text: part.tokens.join("") };
  if (part.type === "reasoning") return { ...empty, thinking: part.tokens.join(""), signature: signatureOf(facts) };
  return { ...empty, input: parsedOrText(part.json) };
}

/** `[[toolbad]]` has no object to give; a string in its place is as wrong as broken JSON is on the stream. */
function parsedOrText(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function toolUseId({ seed }: AnswerFacts, index: number): string {
  return `toolu_${seed.slice(0, 20)}${String(index).padStart(2, "0")}`;
}

function signatureOf({ seed }: AnswerFacts): string {
  return Buffer.from(`sim:${seed}`).toString("base64");
}

function usageOf(usage: Usage, outputTokens: number): JsonObject {
  return {
    input_tokens: usage.in,
    cache_creation_input_tokens: usage.cache_write,
    cache_read_input_tokens: usage.cache_read,
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

function errorBody({ status, message: text }: Refusal, requestId: string): JsonObject {
  return {
    type: "error",
    error: { type: errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "api_error"), message: text },
    request_id: requestId,
  };
}

function model(id: string): JsonObject {
  return { type: "model", id, display_name: id, created_at: createdAt.iso };
}

function sse(event: JsonObject): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
