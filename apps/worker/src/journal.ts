// Hot path, worker side. In: events of one attempt. Out: SSE bytes, numbered, encoded once, written to the attempt's
// file (not synced) and then handed to every live reader. The file holds exactly the bytes that are sent.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { AnyWorkError, type TaskEvent } from "@anywork/protocol";

/** Pending bytes beyond which the journal is written at once instead of at the end of the tick. */
const flushAt = 64 * 1024;
/** An index entry per so many bytes is enough to find a wseq with one short read. */
const indexEvery = 256 * 1024;

export interface Journal {
  readonly path: string;
  /** The last wseq given. */
  readonly head: number;
  /** Bytes in the file: what a reader may read. */
  readonly size: number;
  readonly isEnded: boolean;
  /** Numbers the event. True when so much was written that the caller should let others run. Throws journal_full. */
  append(event: TaskEvent): boolean;
  /** Nothing follows; readers are told. */
  end(): void;
  /** An offset at or before the frame after wseq `after`. */
  seek(after: number): number;
  /** Called with the bytes that were just written, and with null at the end. */
  subscribe(reader: (written: { bytes: Buffer; from: number } | null) => void): () => void;
}

export function createJournal(path: string, maxBytes: number): Journal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, "ax", 0o600);
  const readers = new Set<(written: { bytes: Buffer; from: number } | null) => void>();
  const index: { wseq: number; offset: number }[] = [];
  let pending = "";
  let head = 0;
  let flushed = 0;
  let size = 0;
  let isEnded = false;
  /** Set when the disk refused: nothing is numbered any more, and the journal ends where it was whole. */
  let broken: AnyWorkError | null = null;
  let scheduled: NodeJS.Immediate | null = null;

  function flush(): void {
    if (scheduled) clearImmediate(scheduled);
    scheduled = null;
    if (pending === "") return;
    const bytes = Buffer.from(pending);
    pending = "";
    broken ??= write(fd, bytes);
    if (broken) {
      head = flushed;
      return;
    }
    const from = size;
    size += bytes.length;
    if (from - (index.at(-1)?.offset ?? 0) >= indexEvery) index.push({ wseq: flushed, offset: from });
    flushed = head;
    for (const reader of readers) reader({ bytes, from });
  }

  return {
    path,
    get head() {
      return head;
    },
    get size() {
      return size;
    },
    get isEnded() {
      return isEnded;
    },
    append(event) {
      if (isEnded) throw new Error("the journal has ended");
      if (broken) throw broken;
      pending += encodeEvent(head + 1, event);
      head++;
      if (pending.length < flushAt) {
        scheduled ??= setImmediate(flush);
        return false;
      }
      flush();
      if (broken) throw broken;
      if (size > maxBytes) throw new AnyWorkError("journal_full", `the task's log is larger than ${maxBytes} bytes`);
      return true;
    },
    end() {
      if (isEnded) return;
      flush();
      isEnded = true;
      closeSync(fd);
      for (const reader of readers) reader(null);
      readers.clear();
    },
    seek(after) {
      return index.findLast((entry) => entry.wseq <= after)?.offset ?? 0;
    },
    subscribe(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}

function write(fd: number, bytes: Buffer): AnyWorkError | null {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return null;
  } catch (cause) {
    const isFull = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    return new AnyWorkError(isFull ? "disk_full" : "engine_failed", "the task's log could not be written", { cause });
  }
}

/** One frame. `content` and `metadata` are JSON, so a frame has no line break but its own. */
function encodeEvent(wseq: number, { type, content, metadata }: TaskEvent): string {
  return `event: ${type}\nid: ${wseq}\ndata: {"content":${JSON.stringify(content)},"metadata":${encode(metadata)}}\n\n`;
}

function encode(metadata: object): string {
  for (const _ in metadata) return JSON.stringify(metadata);
  return "{}";
}
