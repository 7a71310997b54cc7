// What both wires read out of a request: enough to know which step of which script is asked for.

export interface ToolOutcome {
  callId: string;
  name: string;
  text: string;
  isError: boolean;
}

export interface Conversation {
  model: string;
  stream: boolean;
  /** The text of the last user message that is not only tool results. */
  prompt: string;
  /** Rounds of tool results after that message, oldest first. */
  rounds: ToolOutcome[][];
  /** undefined: the request offers no tools at all. */
  toolNames: string[] | undefined;
  /** OpenAI's stream_options.include_usage. */
  includeUsage: boolean;
  /** The messages as they came; identical for a retried call. */
  messages: unknown;
  inputTokens: number;
}

/** A request refused before any answer, in words; each wire gives it its provider's form. */
export interface Refusal {
  status: number;
  message: string;
  code?: string;
  param?: string;
  headers?: Record<string, string>;
}

export function isRefusal(value: object): value is Refusal {
  return "status" in value && typeof value.status === "number";
}

export function badRequest(message: string, more: { code?: string; param?: string } = {}): Refusal {
  return { status: 400, message, ...more };
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a content that is a string or a list of blocks; blocks that are not text are left out. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts = content.flatMap((block) => (isObject(block) && typeof block.text === "string" ? [block.text] : []));
  return texts.join("\n");
}

/** Four characters a token: nobody's tokeniser, but stable and of the right order. */
export function estimateTokens(value: unknown): number {
  return Math.max(1, Math.ceil(JSON.stringify(value).length / 4));
}
