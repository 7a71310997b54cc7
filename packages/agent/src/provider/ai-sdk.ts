// In: one model call. Out: ProviderEvents, read off an AI SDK language model. This is the hot path of every answer: one
// small object per delta, no re-parsing. Next: retry.ts, then the loop.
import type {
  LanguageModelV4,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { assertNever, type ProviderStyle } from "@anywork/protocol";
import { createDeltaRuns, type DeltaRuns } from "./delta-runs.ts";
import { providerFailure, toProviderFailure } from "./failure.ts";
import { toCallOptions } from "./prompt.ts";
import type { CallUsage, FinishReason, Provider, ProviderEvent } from "./provider.ts";

export interface AiSdkOptions {
  style: ProviderStyle;
  /** Resolves the vendor's adapter over this fetch; called once per call, cheap after the first. */
  model(id: string, send: typeof fetch): Promise<LanguageModelV4>;
  fetch: typeof fetch;
  /** No content for so long is a stall; the provider's pings are not content. */
  idleTimeoutMs: number;
}

export function createAiSdkProvider({ style, model, fetch, idleTimeoutMs }: AiSdkOptions): Provider {
  return {
    async *stream(request, signal) {
      signal.throwIfAborted();
      const call = new AbortController();
      let isOver = false;
      const forward = () => call.abort(signal.reason);
      signal.addEventListener("abort", forward, { once: true });
      const seconds = Math.round(idleTimeoutMs / 1000);
      const stall = setTimeout(() => {
        call.abort(providerFailure("provider_stalled", `the provider sent nothing for ${seconds} s`));
      }, idleTimeoutMs);
      try {
        const runs = createDeltaRuns(style, fetch);
        const options = toCallOptions(request, style, call.signal);
        const { stream } = await (await model(request.model, runs.fetch)).doStream(options);
        yield* read(stream.getReader(), { runs, stall, signal: call.signal });
        isOver = true;
      } catch (error) {
        signal.throwIfAborted();
        throw call.signal.aborted ? toProviderFailure(call.signal.reason) : toProviderFailure(error);
      } finally {
        clearTimeout(stall);
        signal.removeEventListener("abort", forward);
        if (!isOver) call.abort(); // a reader that stopped early closes the connection
      }
    },
  };
}

async function* read(
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
  { runs, stall, signal }: { runs: DeltaRuns; stall: NodeJS.Timeout; signal: AbortSignal },
): AsyncGenerator<ProviderEvent> {
  const thoughts = createThoughts();
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done) break;
    if (part.type !== "ping") stall.refresh();
    switch (part.type) {
      case "text-delta":
        for (const text of runs.cut(part.delta)) if (text !== "") yield { type: "text", text };
        break;
      case "reasoning-delta":
        thoughts.add(part);
        if (part.delta !== "") yield { type: "reasoning", text: part.delta };
        break;
      case "reasoning-end":
        yield* thoughts.end();
        break;
      case "tool-call":
        yield { type: "tool_call", call: { id: part.toolCallId, name: part.toolName, input: part.input } };
        break;
      case "error":
        throw toProviderFailure(part.error);
      case "finish":
        if (part.finishReason.unified === "interrupted") break; // told below, as what it is
        if (part.finishReason.unified === "error") throw unfinished();
        yield { type: "usage", usage: toUsage(part.usage) };
        yield { type: "finish", reason: toFinishReason(part.finishReason) };
        return;
      default: // starts, ends, metadata and provider-side tools, which we never ask for
        break;
    }
  }
  signal.throwIfAborted();
  throw unfinished();
}

const unfinished = () => providerFailure("provider_protocol", "the provider's answer ended before it was complete");

/** Anthropic signs its reasoning; what is signed must come back with the tool results. */
function createThoughts() {
  let text = "";
  let signature = "";
  return {
    add(part: Extract<LanguageModelV4StreamPart, { type: "reasoning-delta" }>) {
      text += part.delta;
      const signed = part.providerMetadata?.anthropic?.signature;
      if (typeof signed === "string") signature = signed;
    },
    *end(): Generator<ProviderEvent> {
      if (signature !== "") yield { type: "thought", thought: { text, signature } };
      text = "";
      signature = "";
    },
  };
}

function toUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): CallUsage {
  return {
    input_tokens: inputTokens.noCache ?? inputTokens.total ?? 0,
    output_tokens: outputTokens.total ?? 0,
    ...(inputTokens.cacheRead !== undefined && { cache_read_tokens: inputTokens.cacheRead }),
    ...(inputTokens.cacheWrite !== undefined && { cache_write_tokens: inputTokens.cacheWrite }),
  };
}

function toFinishReason({ unified }: LanguageModelV4FinishReason): FinishReason {
  switch (unified) {
    case "stop":
    case "length":
      return unified;
    case "content-filter":
      return "content_filter";
    case "tool-calls":
      return "tool_calls";
    case "error":
    case "interrupted":
    case "other":
      return "other";
    default:
      return assertNever(unified);
  }
}
