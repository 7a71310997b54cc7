// The conversation of a session: in memory for the model, on disk as JSONL for tomorrow and for people. First line: what
// this file is; then one message per line. Appended after each step, never rewritten.
import { appendFileSync, statSync } from "node:fs";
import { mkdir, readFile, truncate } from "node:fs/promises";
import path from "node:path";
import { AnyWorkError } from "@anywork/protocol";
import { z } from "zod";
import type { ChatMessage } from "./provider/provider.ts";

const stamp = { timestamp: z.string() };
const lineSchema = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), content: z.string(), ...stamp }),
  z.object({
    role: z.literal("assistant"),
    content: z.string(),
    thoughts: z.array(z.object({ text: z.string(), signature: z.string() })).optional(),
    tool_calls: z.array(z.object({ id: z.string(), name: z.string(), input: z.string() })).optional(),
    ...stamp,
  }),
  z.object({
    role: z.literal("tool"),
    tool_call_id: z.string(),
    name: z.string(),
    content: z.string(),
    ok: z.boolean(),
    ...stamp,
  }),
]);

export interface History {
  readonly messages: readonly ChatMessage[];
  /** Before a task: another worker may have gone on with the conversation, or somebody removed it. */
  refresh(): Promise<void>;
  /** On disk when it resolves. */
  append(messages: readonly ChatMessage[]): Promise<void>;
}

/** Providers refuse a conversation in which a call has no result: each gets one that says what is known. */
export async function heal(history: History): Promise<void> {
  await history.refresh();
  await history.append(missingResults(history.messages));
}

/** A conversation that is not kept. */
export function createMemoryHistory(): History {
  const messages: ChatMessage[] = [];
  return { messages, refresh: async () => undefined, append: async (more) => void messages.push(...more) };
}

/**
 * Reads the conversation if there is one. A last line that was torn by a crash is cut off. Throws engine_failed for a file that cannot be understood.
 */
export async function openHistory(file: string, now: () => string): Promise<History> {
  let messages: ChatMessage[] = [];
  /** The file as it was when it was last read or written here. */
  let known: string | null = null;

  async function refresh(): Promise<void> {
    if (stampOf(file) === known) return;
    messages = await load(file);
    known = stampOf(file);
  }

  await refresh();
  return {
    get messages() {
      return messages;
    },
    refresh,
    async append(more) {
      if (more.length === 0) return;
      const timestamp = now();
      const isNew = stampOf(file) === missing;
      const head = isNew ? `${JSON.stringify({ type: "session", version: 1, created_at: timestamp })}\n` : "";
      if (isNew) await mkdir(path.dirname(file), { recursive: true });
      const lines = more.map((message) => `${JSON.stringify({ ...message, timestamp })}\n`);
      // `done` waits for it, and a few lines are written sooner than they are handed to another thread.
      appendFileSync(file, head + lines.join(""), { mode: 0o600 });
      known = stampOf(file);
      messages.push(...more);
    },
  };
}

const missing = "missing";

/** Conversations only grow, so the size tells whether something was added. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || stat.size === 0 ? missing : `${stat.ino} ${stat.size}`;
}

async function load(file: string): Promise<ChatMessage[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw new AnyWorkError("engine_failed", `the conversation ${file} cannot be read: ${error.message}`, {
      cause: error,
    });
  });
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) await truncate(file, end);
  const lines = bytes.subarray(0, end).toString("utf8").split("\n").slice(1, -1);
  return lines.map((line, n) => readLine(line, file, n + 2));
}

function readLine(line: string, file: string, number: number): ChatMessage {
  try {
    const { timestamp: _, ...message } = lineSchema.parse(JSON.parse(line));
    return message as ChatMessage; // zod's optional fields may be undefined by type, never by parse of JSON
  } catch (cause) {
    throw new AnyWorkError("engine_failed", `line ${number} of the conversation ${file} cannot be understood`, {
      cause,
      hint: "Repair or remove that line, or start a new session.",
    });
  }
}

function missingResults(messages: readonly ChatMessage[]): ChatMessage[] {
  const asked = messages.findLastIndex((message) => message.role === "assistant");
  const assistant = messages[asked];
  if (assistant?.role !== "assistant") return [];
  const answered = new Set(messages.slice(asked).map((message) => message.role === "tool" && message.tool_call_id));
  return (assistant.tool_calls ?? [])
    .filter((call) => !answered.has(call.id))
    .map(({ id, name }) => ({ role: "tool", tool_call_id: id, name, content: lostResult, ok: false }));
}

const lostResult =
  "The worker ended before the result was seen: whether this had an effect is unknown. Look before you repeat it.";
