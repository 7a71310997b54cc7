// Hot path, hub side. In: chunks of a worker's stream, cut anywhere. Out: all complete events of a chunk as one batch.
// It reads our own worker's frames only (`event: text\nid: 12\ndata: {…}\n\n`, `: comment\n\n`). Next: worker-stream.
import { AnyWorkError, type TaskEvent, taskEventSchema, type WorkerEvent } from "@anywork/protocol";

const newline = 10;
const frameEnd = Buffer.from("\n\n");
const textHead = "event: text\nid: ";
const reasoningHead = "event: reasoning\nid: ";
const plainHead = '{"content":"';
const plainTail = '","metadata":{}}';
const frameShape = /^event: ([a-z_]+)\nid: (\d{1,15})\ndata: (.*)$/s;

export interface FrameParser {
  /** The events that are complete now, in order. Throws worker_lost when the stream is not what a worker sends. */
  push(chunk: Buffer): WorkerEvent[];
}

export function createFrameParser(): FrameParser {
  // Frames are cut at bytes, before anything is decoded, so a split code point never reaches the decoder.
  let rest: Buffer[] = [];

  return {
    push(chunk) {
      const last = rest.at(-1);
      const isEndSplit = last?.at(-1) === newline && chunk[0] === newline;
      const cut = chunk.lastIndexOf(frameEnd);
      if (cut === -1 && !isEndSplit) {
        if (chunk.length > 0) rest.push(chunk);
        return [];
      }
      const end = cut === -1 ? 1 : cut + 2;
      const head = chunk.subarray(0, end);
      const text = rest.length === 0 ? head.toString() : Buffer.concat([...rest, head]).toString();
      rest = end === chunk.length ? [] : [chunk.subarray(end)];
      return parseFrames(text);
    },
  };
}

function parseFrames(text: string): WorkerEvent[] {
  const batch: WorkerEvent[] = [];
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n\n", start);
    if (end > start && text.charCodeAt(start) !== 58 /* a comment's colon */) batch.push(parseFrame(text, start, end));
    start = end + 2;
  }
  return batch;
}

function parseFrame(text: string, start: number, end: number): WorkerEvent {
  if (text.startsWith(textHead, start)) return parseDelta("text", text, start + textHead.length, end);
  if (text.startsWith(reasoningHead, start)) return parseDelta("reasoning", text, start + reasoningHead.length, end);
  const [, type, id, data] = frameShape.exec(text.slice(start, end)) ?? malformed("a frame without event, id and data");
  const parsed = taskEventSchema.safeParse({ ...parseData(data ?? ""), type });
  if (!parsed.success) return malformed(`an event ${type}: ${parsed.error.issues[0]?.message ?? "of a wrong shape"}`);
  return { wseq: Number(id), event: parsed.data };
}

/** text and reasoning: nearly all events are one of these, so their shape is checked by hand. */
function parseDelta(type: "text" | "reasoning", text: string, idAt: number, end: number): WorkerEvent {
  let wseq = 0;
  let at = idAt;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    wseq = wseq * 10 + digit;
  }
  if (wseq === 0 || !text.startsWith("\ndata: ", at)) return malformed(`a ${type} frame without id or data`);
  const plain = plainContent(text, at + 7, end);
  if (plain !== null) return { wseq, event: { type, content: plain, metadata: {} } };
  const { content, metadata } = parseData(text.slice(at + 7, end));
  if (typeof content !== "string" || typeof metadata !== "object" || metadata === null) {
    return malformed(`a ${type} event without content or metadata`);
  }
  return { wseq, event: { type, content, metadata } as TaskEvent };
}

/** Most deltas carry a text without anything escaped and nothing else: that needs no parser. */
function plainContent(text: string, start: number, end: number): string | null {
  const from = start + plainHead.length;
  const to = end - plainTail.length;
  if (to < from || !text.startsWith(plainHead, start) || !text.startsWith(plainTail, to)) return null;
  const content = text.slice(from, to);
  return content.includes("\\") || content.includes('"') ? null : content;
}

function parseData(data: string): { content?: unknown; metadata?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return malformed("data that is not JSON");
  }
  return typeof value === "object" && value !== null ? value : malformed("data that is no object");
}

function malformed(what: string): never {
  throw new AnyWorkError("worker_lost", `the worker sent ${what}`, {
    hint: "Its version may differ from the hub's: restart AnyWork.",
  });
}
