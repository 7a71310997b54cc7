// The provider port: one streamed model call. In: the conversation so far. Out: what the model says, piece by piece.
import type { Usage } from "@anywork/protocol";

/** A tool call as the model wrote it: `input` is JSON text, perhaps not valid. */
export interface ToolRequest {
  id: string;
  name: string;
  input: string;
}

/** Reasoning that the provider wants to see again in the next call. */
export interface Thought {
  text: string;
  signature: string;
}

export type ChatMessage =
  | { role: "user"; content: string }
  | { role: "assistant"; content: string; thoughts?: Thought[]; tool_calls?: ToolRequest[] }
  | { role: "tool"; tool_call_id: string; name: string; content: string; ok: boolean };

export interface ToolDescription {
  name: string;
  description: string;
  /** JSON Schema of the arguments, an object. */
  parameters: Record<string, unknown>;
}

export interface ProviderRequest {
  model: string;
  system: string;
  messages: readonly ChatMessage[];
  tools: readonly ToolDescription[];
  maxOutputTokens?: number;
}

/** Tokens of one call; the price is added by the loop. */
export type CallUsage = Pick<Usage, "input_tokens" | "output_tokens" | "cache_read_tokens" | "cache_write_tokens">;

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

export type ProviderEvent =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "thought"; thought: Thought }
  | { type: "tool_call"; call: ToolRequest }
  | { type: "usage"; usage: CallUsage }
  | { type: "finish"; reason: FinishReason };

export interface Provider {
  /**
   * One call, not retried. Ends after `finish`. Throws ProviderFailure (also when the stream ends without its stop event or
   * says nothing for too long), or the signal's reason when that was aborted.
   */
  stream(request: ProviderRequest, signal: AbortSignal): AsyncIterable<ProviderEvent>;
}
