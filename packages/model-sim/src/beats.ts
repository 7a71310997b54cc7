// In: a step, its frames in a wire's format, perhaps a fault. Out: what happens on the stream, beat by beat.
// Next: respond.ts paces the beats and puts them on the socket.
import { countedWord, type Fault, jsonPieces, type Part, type Step } from "./script/step.ts";
import type { StreamFrames } from "./wire/wire.ts";

interface FrameBeat {
  type: "frame";
  data: string | Buffer;
  isToken: boolean;
}

export type Beat = FrameBeat | { type: "cut" } | { type: "stall" } | { type: "pings"; everyMs: number };

export function* beatsOf(step: Step, frames: StreamFrames, fault: Fault | undefined): Generator<Beat> {
  yield frame(frames.head);
  if (fault?.type === "pings") {
    yield { type: "pings", everyMs: fault.everyMs };
    return;
  }
  let due = fault !== undefined && "after" in fault ? fault : undefined;
  let tokens = 0;
  for (const beat of partBeats(step, frames)) {
    if (due !== undefined && beat.isToken && tokens === (due.after ?? 0)) {
      yield breakBeat(due.type, frames);
      if (endsStream(due)) return;
      due = undefined;
    }
    if (beat.isToken) tokens++;
    yield beat;
  }
  if (due !== undefined) yield breakBeat(due.type, frames); // fewer tokens than it waited for
  if (fault?.type === "nostop" || (due !== undefined && endsStream(due))) return;
  yield frame(frames.tail(step.usage.out ?? tokens));
}

function* partBeats(step: Step, frames: StreamFrames): Generator<FrameBeat> {
  for (const [index, part] of step.parts.entries()) {
    const { open, delta, close } = frames.part(part, index);
    if (open !== "") yield frame(open);
    for (const token of streamedTokens(part)) yield { type: "frame", data: delta(token), isToken: true };
    if (close !== "") yield frame(close);
  }
}

function* streamedTokens(part: Part): Generator<string> {
  if (part.type === "tool") return yield* jsonPieces(part.json);
  yield* part.tokens;
  for (let i = 0; part.endless; i++) yield countedWord(i);
}

/** How many tokens the step counts when no usage is scripted; Infinity for an endless one. */
export function countTokens(step: Step): number {
  const counts = step.parts.map((part) => {
    if (part.type === "tool") return jsonPieces(part.json).length;
    return part.endless ? Number.POSITIVE_INFINITY : part.tokens.length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

type Break = Extract<Fault, { after: unknown }>;

function endsStream({ type }: Break): boolean {
  return type !== "malformed" && type !== "badutf8";
}

function breakBeat(type: Break["type"], frames: StreamFrames): Beat {
  switch (type) {
    case "cut":
    case "stall":
      return { type };
    case "error":
      return frame(frames.error);
    case "malformed":
      return frame(frames.malformed);
    case "badutf8":
      return { type: "frame", data: withInvalidBytes(frames.badText), isToken: false };
  }
}

/** U+FFFD becomes a lone continuation byte, an unfinished sequence and a byte UTF-8 never has. */
export function withInvalidBytes(text: string): Buffer {
  const [before = "", after = ""] = text.split("\ufffd");
  return Buffer.concat([Buffer.from(before), Buffer.from([0x80, 0xe2, 0x82, 0xff]), Buffer.from(after)]);
}

function frame(data: string): FrameBeat {
  return { type: "frame", data, isToken: false };
}
