// In: a journal (growing, or a dead process's file) and a place in it. Out: its bytes on the response, then live ones.
// A slow reader is not buffered for: it re-reads from the file once its socket has drained. Next: the hub.
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { journalHeadHeader } from "@anywork/protocol";
import type { Journal } from "./journal.ts";
import { offsetBehind, openJournal, readAt } from "./journal-file.ts";

const chunkBytes = 256 * 1024;
const heartbeatMs = 5_000;

/** What a stream is made from: a Journal, or the measured file of a process that died. */
export type Source = Pick<Journal, "path" | "head" | "size" | "isEnded" | "seek" | "subscribe">;

/** Answers with the events after wseq `after`, and ends when the journal does. Disconnecting only ends the reading. */
export async function streamJournal(response: ServerResponse, source: Source, after: number): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    [journalHeadHeader]: source.head,
  });
  response.flushHeaders();
  // Asked for before anything else may be written, so that live bytes follow the file's without a gap.
  let offset = after <= 0 ? 0 : -1;
  let isBusy = true;
  const heartbeat = setInterval(() => {
    if (!isBusy) response.write(": hb\n\n");
  }, heartbeatMs);

  const unsubscribe = source.subscribe((written) => {
    if (isBusy) return;
    if (written === null) return void response.end();
    heartbeat.refresh();
    offset = written.from + written.bytes.length;
    if (!response.write(written.bytes)) catchUp().catch(() => response.destroy());
  });
  response.on("error", () => response.destroy());
  response.once("close", () => {
    clearInterval(heartbeat);
    unsubscribe();
  });

  async function catchUp(): Promise<void> {
    isBusy = true;
    if (response.writableNeedDrain) await drained(response);
    if (offset !== source.size) await sendFile();
    isBusy = false;
    if (source.isEnded) response.end();
  }

  async function sendFile(): Promise<void> {
    const file = await openJournal(source.path);
    if (!file) return;
    try {
      if (offset === -1) offset = await offsetBehind(file, after, source.seek(after), source.size);
      while (offset < source.size && !response.destroyed) offset += await sendChunk(file, offset);
    } finally {
      await file.close();
    }
    // What was written while the file was being closed.
    if (offset < source.size && !response.destroyed) await sendFile();
  }

  async function sendChunk(file: FileHandle, from: number): Promise<number> {
    const bytes = await readAt(file, from, Math.min(chunkBytes, source.size - from));
    if (bytes.length === 0) throw new Error(`${source.path} is shorter than what was written to it`);
    heartbeat.refresh();
    if (!response.write(bytes)) await drained(response);
    return bytes.length;
  }

  await catchUp();
}

async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).catch(() => undefined);
  over.abort();
}
