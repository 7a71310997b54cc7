// Reads and judges the body of POST /v1/messages; refusals are worded as the real API words them.
import {
  badRequest,
  type Conversation,
  estimateTokens,
  isObject,
  type JsonObject,
  type Refusal,
  type ToolOutcome,
  textOf,
} from "./conversation.ts";

export function readAnthropicRequest(body: JsonObject, headers: Headers): Conversation | Refusal {
  if (!headers.has("anthropic-version")) return badRequest("anthropic-version: header is required");
  if (typeof body.model !== "string" || body.model === "") return badRequest("model: Field required");
  if (!Number.isInteger(body.max_tokens)) return badRequest("max_tokens: Field required");
  if (Number(body.max_tokens) < 1) return badRequest("max_tokens: Input should be greater than or equal to 1");
  return readAnthropicInput(body, body.model);
}

/** The part which /v1/messages/count_tokens shares: everything but max_tokens. */
export function readAnthropicInput(body: JsonObject, model: string): Conversation | Refusal {
  if (!Array.isArray(body.messages)) return badRequest("messages: Field required");
  if (body.messages.length === 0) return badRequest("messages: at least one message is required");
  const messages: unknown[] = body.messages;
  const problem = messages.map(messageProblem).find((found) => found !== undefined);
  if (problem !== undefined) return badRequest(problem);
  const sound = messages.filter(isObject);
  const unmatched = pairingProblem(sound) ?? toolsProblem(body.tools);
  if (unmatched !== undefined) return badRequest(unmatched);
  return {
    model,
    stream: body.stream === true,
    ...scan(sound),
    toolNames: Array.isArray(body.tools) ? body.tools.filter(isObject).map(({ name }) => String(name)) : undefined,
    includeUsage: true,
    messages,
    inputTokens: estimateTokens([body.system, messages, body.tools]),
  };
}

function messageProblem(message: unknown, i: number): string | undefined {
  if (!isObject(message)) return `messages.${i}: Input should be an object`;
  if (message.role !== "user" && message.role !== "assistant") {
    return `messages.${i}.role: Input should be 'user' or 'assistant'`;
  }
  const { content } = message;
  if (content === undefined) return `messages.${i}.content: Field required`;
  if (typeof content === "string") {
    return content === "" && message.role === "user"
      ? `messages.${i}: user messages must have non-empty content`
      : undefined;
  }
  if (!Array.isArray(content)) return `messages.${i}.content: Input should be a valid list`;
  return content
    .map((block, j) => blockProblem(block, `messages.${i}.content.${j}`))
    .find((found) => found !== undefined);
}

function blockProblem(block: unknown, where: string): string | undefined {
  if (!isObject(block) || typeof block.type !== "string") return `${where}.type: Field required`;
  if (block.type === "text" && typeof block.text !== "string") return `${where}.text: Field required`;
  if (block.type === "text" && block.text === "") return "messages: text content blocks must be non-empty";
  if (block.type === "tool_use") {
    if (typeof block.id !== "string" || typeof block.name !== "string") return `${where}.tool_use.id: Field required`;
    if (!isObject(block.input)) return `${where}.tool_use.input: Input should be a valid dictionary`;
  }
  if (block.type === "tool_result" && typeof block.tool_use_id !== "string") {
    return `${where}.tool_result.tool_use_id: Field required`;
  }
  return undefined;
}

/** Every tool_use is answered in the very next message, and every tool_result answers one of the message before. */
function pairingProblem(messages: JsonObject[]): string | undefined {
  for (const [i, message] of messages.entries()) {
    const asked = idsOf(messages[i - 1], "assistant", "tool_use", "id");
    const answered = idsOf(message, "user", "tool_result", "tool_use_id");
    const stray = answered.find((id) => !asked.includes(id));
    if (stray !== undefined) {
      return `messages.${i}.content.${answered.indexOf(stray)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const doubled = answered.find((id, j) => answered.indexOf(id) !== j);
    if (doubled !== undefined) {
      return `messages.${i}.content.${answered.lastIndexOf(doubled)}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${doubled}`;
    }
    const open = asked.filter((id) => !answered.includes(id));
    if (open.length > 0) return openProblem(i - 1, open);
  }
  const last = idsOf(messages.at(-1), "assistant", "tool_use", "id");
  return last.length > 0 ? openProblem(messages.length - 1, last) : undefined;
}

function openProblem(i: number, ids: string[]): string {
  return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

function idsOf(message: JsonObject | undefined, role: string, type: string, key: string): string[] {
  if (message?.role !== role) return [];
  return blocksOf(message, type).map((block) => String(block[key]));
}

function blocksOf(message: JsonObject, type: string): JsonObject[] {
  const content = Array.isArray(message.content) ? message.content : [];
  return content.filter(isObject).filter((block) => block.type === type);
}

function toolsProblem(tools: unknown): string | undefined {
  if (tools === undefined) return undefined;
  if (!Array.isArray(tools)) return "tools: Input should be a valid list";
  const names = new Set<string>();
  for (const [i, tool] of tools.entries()) {
    if (!isObject(tool) || typeof tool.name !== "string") return `tools.${i}.name: Field required`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name)) {
      return `tools.${i}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    }
    const isServerTool = typeof tool.type === "string" && tool.type !== "custom";
    if (!isServerTool && !isObject(tool.input_schema)) return `tools.${i}.input_schema: Field required`;
    if (names.has(tool.name)) return "tools: Tool names must be unique.";
    names.add(tool.name);
  }
  return undefined;
}

/** Adapters join tool results and a following prompt into one user message: text beside results is a new prompt. */
function scan(messages: JsonObject[]): { prompt: string; rounds: ToolOutcome[][] } {
  let prompt = "";
  let rounds: ToolOutcome[][] = [];
  for (const [i, message] of messages.entries()) {
    if (message.role !== "user") continue;
    const results = blocksOf(message, "tool_result");
    if (results.length > 0) rounds.push(results.map((result) => outcomeOf(result, messages[i - 1])));
    const text = promptText(message.content);
    if (text === "" && results.length > 0) continue;
    prompt = text;
    rounds = [];
  }
  return { prompt, rounds };
}

/** Reminders which agents put beside a person's words are no part of the prompt. */
function promptText(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content);
  return textOf(content.filter((block) => isObject(block) && !String(block.text).startsWith("<system-reminder>")));
}

function outcomeOf(result: JsonObject, before: JsonObject | undefined): ToolOutcome {
  const callId = String(result.tool_use_id);
  const call = before && blocksOf(before, "tool_use").find(({ id }) => id === callId);
  return { callId, name: String(call?.name), text: textOf(result.content), isError: result.is_error === true };
}
