import type { TaskEvent, WorkerEvent } from "@anywork/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameParser } from "./frame-parser.ts";

const frame = (wseq: number, { type, content, metadata }: TaskEvent) =>
  `event: ${type}\nid: ${wseq}\ndata: ${JSON.stringify({ content, metadata })}\n\n`;
const done: TaskEvent = {
  type: "done",
  content: "",
  metadata: { status: "completed", retryable: false, cost_usd: 0, num_turns: 1, duration_ms: 3 },
};
const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });

function parseInPieces(wire: Buffer, cuts: number[]): WorkerEvent[] {
  const parser = createFrameParser();
  const bounds = [0, ...cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b), wire.length];
  return bounds.slice(1).flatMap((end, at) => parser.push(wire.subarray(bounds[at], end)));
}

describe("frame parser", () => {
  it("events are the same wherever the bytes are cut, also within a code point and a frame's end", () => {
    const event = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }).map(text),
      fc.constant<TaskEvent>({ type: "reasoning", content: "hm\n\n🧑‍🚀", metadata: { a: [1, { b: "\n\n" }] } }),
      fc.constant<TaskEvent>({ type: "tool_call", content: "bash", metadata: { call_id: "1", args: { x: "ž" } } }),
      fc.constant(done),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (events, cuts) => {
        const wire = events.map((one, at) => `${at % 3 === 0 ? ": hb\n\n" : ""}${frame(at + 1, one)}`).join("");
        const parsed = parseInPieces(Buffer.from(wire), cuts);
        // What no encoding can carry (a lone surrogate) was replaced when the wire was made.
        const expected = events.map((one, at) => ({
          wseq: at + 1,
          event: { ...one, content: one.content.toWellFormed() },
        }));
        expect(parsed).toEqual(expected);
      }),
    );
  });

  it("every cut of one byte each gives the same events", () => {
    const parser = createFrameParser();
    const wire = Buffer.from(frame(1, text("žluťoučký 🧑‍🚀")) + frame(2, done));
    const parsed = [...wire].flatMap((byte) => parser.push(Buffer.from([byte])));
    expect(parsed).toEqual([
      { wseq: 1, event: text("žluťoučký 🧑‍🚀") },
      { wseq: 2, event: done },
    ]);
  });

  it("all events of a chunk come as one batch", () => {
    const wire = frame(1, text("a")) + frame(2, text("b")) + frame(3, text("c"));
    expect(createFrameParser().push(Buffer.from(wire))).toHaveLength(3);
  });

  it.each([
    ["no id", "event: text\ndata: {}\n\n"],
    ["an id that is no number", 'event: text\nid: x\ndata: {"content":"a","metadata":{}}\n\n'],
    ["data that is not JSON", "event: text\nid: 1\ndata: {\n\n"],
    ["data that is null", "event: text\nid: 1\ndata: null\n\n"],
    ["content that is no text", 'event: text\nid: 1\ndata: {"content":1,"metadata":{}}\n\n'],
    ["an unknown type", 'event: dance\nid: 1\ndata: {"content":"","metadata":{}}\n\n'],
    ["a done without status", 'event: done\nid: 1\ndata: {"content":"","metadata":{}}\n\n'],
    ["a done whose data is null", "event: done\nid: 1\ndata: null\n\n"],
    ["a page of HTML", "<html>\n\n"],
  ])("%s is worker_lost with the reason", (_, wire) => {
    expect(() => createFrameParser().push(Buffer.from(wire))).toThrow(
      expect.objectContaining({ code: "worker_lost", message: expect.stringContaining("the worker sent") }),
    );
  });
});
