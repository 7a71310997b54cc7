// One answer of the model as bytes, recorded once and given again in pieces as a socket would give them.
import { writeFileSync } from "node:fs";
import { messagesRequest } from "./model-request.ts";

const pieceBytes = 32 * 1024;

export async function record(model: string, file: string, tokens: number): Promise<void> {
  const { headers, body } = messagesRequest(`[[tokens:${tokens}]]`);
  const response = await fetch(new URL("/v1/messages", model), { method: "POST", headers, body });
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
}

export function chunksOf(bytes: Buffer): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    chunks.push(new Uint8Array(bytes.subarray(at, at + pieceBytes)));
  return chunks;
}
