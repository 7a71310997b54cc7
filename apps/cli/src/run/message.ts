import type { Readable } from "node:stream";
import { messageTextSchema, sessionIdSchema } from "@anywork/protocol";
import { Complaint, exitCodes } from "../exit-codes.ts";

const maxBytes = 1024 * 1024;

/** The message as given, or standard input for `-`. Throws a Complaint for what the hub would refuse anyhow. */
export async function readMessage(argument: string, stdin: Readable): Promise<string> {
  const text = argument === "-" ? await readAll(stdin) : argument;
  const parsed = messageTextSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? "is not valid";
  throw new Complaint(`The message ${why}.`, 'Example: anywork run "Summarise notes.txt"', exitCodes.refused);
}

export function checkSessionId(id: string): string {
  const parsed = sessionIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? "is not valid";
  throw new Complaint("That is no session id.", `A session id: ${why}.`, exitCodes.refused);
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > maxBytes) break; // far too long already
  }
  return Buffer.concat(chunks).toString("utf8");
}
