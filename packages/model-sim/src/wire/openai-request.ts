// Reads and judges the body of POST /v1/chat/completions; refusals are worded as the real API words them.
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

const roles = ["system", "developer", "user", "assistant", "tool", "function"];

export function readOpenAiRequest(body: JsonObject): Conversation | Refusal {
  if (typeof body.model !== "string" || body.model === "") return badRequest("you must provide a model parameter");
  if (!Array.isArray(body.messages)) {
    return badRequest("Missing required parameter: 'messages'.", {
      code: "missing_required_parameter",
      param: "messages",
    });
  }
  const messages: unknown[] = body.messages;
  if (messages.length === 0) {
    const message =
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    return badRequest(message, { code: "empty_array", param: "messages" });
  }
  for (const [i, message] of messages.entries()) {
    const problem = messageProblem(message, i);
    if (problem !== undefined) return problem;
  }
  const sound = messages.filter(isObject);
  const problem = pairingProblem(sound) ?? toolsProblem(body.tools);
  if (problem !== undefined) return problem;
  return {
    model: body.model,
    stream: body.stream === true,
    ...scan(sound),
    toolNames: Array.isArray(body.tools) ? body.tools.map(toolName) : undefined,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    messages,
    inputTokens: estimateTokens([messages, body.tools]),
  };
}

function messageProblem(message: unknown, i: number): Refusal | undefined {
  const at = `messages[${i}]`;
  if (!isObject(message)) return badRequest(`Invalid type for '${at}': expected an object.`, typed(at));
  if (typeof message.role !== "string" || !roles.includes(message.role)) {
    const given = message.role === undefined ? "" : ` '${String(message.role)}'`;
    const text = `Invalid value${given} for '${at}.role'. Supported values are: ${roles.map((role) => `'${role}'`).join(", ")}.`;
    return badRequest(text, { code: "invalid_value", param: `${at}.role` });
  }
  const { content } = message;
  const mayBeAbsent = message.role === "assistant" && (Array.isArray(message.tool_calls) || message.refusal != null);
  if (content == null && !mayBeAbsent) {
    return badRequest(`Invalid value for 'content': expected a string, got null.`, { param: `${at}.content` });
  }
  if (content != null && typeof content !== "string" && !Array.isArray(content)) {
    const text = `Invalid type for '${at}.content': expected one of a string or array of objects.`;
    return badRequest(text, typed(`${at}.content`));
  }
  if (message.role === "tool" && typeof message.tool_call_id !== "string") {
    return badRequest(`Missing required parameter: '${at}.tool_call_id'.`, missing(`${at}.tool_call_id`));
  }
  return undefined;
}

/** Tool messages follow the assistant message whose calls they answer, and every call is answered. */
function pairingProblem(messages: JsonObject[]): Refusal | undefined {
  let open: string[] = [];
  let asked: string[] = [];
  let askedAt = 0;
  const unanswered = (): Refusal | undefined =>
    open.length === 0
      ? undefined
      : badRequest(
          `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(", ")}`,
          { param: `messages.[${askedAt + 1}].role` },
        );
  for (const [i, message] of messages.entries()) {
    if (message.role === "tool") {
      const id = String(message.tool_call_id);
      if (!asked.includes(id)) {
        return badRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          { param: `messages.[${i}].role` },
        );
      }
      open = open.filter((other) => other !== id);
      continue;
    }
    const problem = unanswered();
    if (problem !== undefined) return problem;
    asked = callsOf(message).map(({ id }) => String(id));
    open = asked;
    askedAt = i;
  }
  return unanswered();
}

function toolsProblem(tools: unknown): Refusal | undefined {
  if (tools === undefined || tools === null) return undefined;
  if (!Array.isArray(tools))
    return badRequest("Invalid type for 'tools': expected an array of objects.", typed("tools"));
  const i = tools.findIndex((tool) => toolName(tool) === "");
  if (i < 0) return undefined;
  return badRequest(`Missing required parameter: 'tools[${i}].function'.`, missing(`tools[${i}].function`));
}

function scan(messages: JsonObject[]): { prompt: string; rounds: ToolOutcome[][] } {
  let prompt = "";
  let rounds: ToolOutcome[][] = [];
  let calls: JsonObject[] = [];
  for (const message of messages) {
    if (message.role === "user") {
      prompt = textOf(message.content);
      rounds = [];
    } else if (message.role === "assistant") {
      calls = callsOf(message);
      if (calls.length > 0) rounds.push([]);
    } else if (message.role === "tool") {
      rounds.at(-1)?.push(outcomeOf(message, calls));
    }
  }
  return { prompt, rounds };
}

function callsOf(message: JsonObject): JsonObject[] {
  return Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject) : [];
}

/** This wire has no field for a failed call; the text alone tells. */
function outcomeOf(message: JsonObject, calls: JsonObject[]): ToolOutcome {
  const callId = String(message.tool_call_id);
  const call = calls.find(({ id }) => id === callId);
  const name = isObject(call?.function) ? String(call.function.name) : "";
  return { callId, name, text: textOf(message.content), isError: false };
}

function toolName(tool: unknown): string {
  return isObject(tool) && isObject(tool.function) ? String(tool.function.name ?? "") : "";
}

function typed(param: string): { code: string; param: string } {
  return { code: "invalid_type", param };
}

function missing(param: string): { code: string; param: string } {
  return { code: "missing_required_parameter", param };
}
