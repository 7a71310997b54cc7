// Our conversation in the words of the AI SDK's language models.
import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ProviderStyle } from "@anywork/protocol";
import type { ChatMessage, ProviderRequest, ToolRequest } from "./provider.ts";

/** Anthropic caches the prompt up to such a mark; other providers cache by themselves. */
const cacheMark = { anthropic: { cacheControl: { type: "ephemeral" } } };

/**
 * Anthropic's API wants a number. The adapter lowers it to what a model it knows can give; for one it does not know it
 * would ask for 4096, too few to write a file of some length.
 */
const anthropicOutputTokens = 32_000;

export function toCallOptions(
  request: ProviderRequest,
  style: ProviderStyle,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const { maxOutputTokens = style === "anthropic" ? anthropicOutputTokens : undefined } = request;
  return {
    prompt: toPrompt(request, style),
    abortSignal,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(request.tools.length > 0 && {
      tools: request.tools.map(({ name, description, parameters }) => ({
        type: "function" as const,
        name,
        description,
        inputSchema: parameters,
      })),
    }),
  };
}

function toPrompt({ system, messages }: ProviderRequest, style: ProviderStyle): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [];
  if (system !== "") prompt.push({ role: "system", content: system });
  for (const message of messages) {
    const converted = toMessage(message, style);
    const last = prompt.at(-1);
    // Results of parallel calls belong into one message.
    if (converted.role === "tool" && last?.role === "tool") last.content.push(...converted.content);
    else prompt.push(converted);
  }
  if (style === "anthropic") {
    for (const marked of new Set([prompt[0], prompt.at(-1)])) if (marked) marked.providerOptions = cacheMark;
  }
  return prompt;
}

function toMessage(message: ChatMessage, style: ProviderStyle): LanguageModelV4Message {
  switch (message.role) {
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "tool": {
      const type = message.ok ? "text" : "error-text";
      const output = { type, value: message.content } as const;
      const { tool_call_id: toolCallId, name: toolName } = message;
      return { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] };
    }
    case "assistant": {
      const thoughts = style === "anthropic" ? (message.thoughts ?? []) : [];
      return {
        role: "assistant",
        content: [
          ...thoughts.map(({ text, signature }) => ({
            type: "reasoning" as const,
            text,
            providerOptions: { anthropic: { signature } },
          })),
          ...(message.content === "" ? [] : [{ type: "text" as const, text: message.content }]),
          ...(message.tool_calls ?? []).map((call) => ({
            type: "tool-call" as const,
            toolCallId: call.id,
            toolName: call.name,
            input: readInput(call),
          })),
        ],
      };
    }
  }
}

/** Arguments that were no JSON go back as an empty object: the error that the model got for them says the rest. */
function readInput(call: ToolRequest): unknown {
  try {
    const value: unknown = JSON.parse(call.input);
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}
