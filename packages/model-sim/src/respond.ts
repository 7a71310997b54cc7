// In: one planned answer. Out: its bytes on the response, at the scripted pace and with the scripted fault.
// Last on the way: nothing follows but the client.
import type { ServerResponse } from "node:http";
import { assertNever } from "@anywork/protocol";
import { beatsOf, countTokens, withInvalidBytes } from "./beats.ts";
import { createByteSink, writeChunk } from "./byte-sink.ts";
import { aborted, type Clock } from "./clock.ts";
import type { Fault, Pace, Step } from "./script/step.ts";
import type { AnswerFacts, Wire } from "./wire/wire.ts";

export interface PlannedAnswer {
  wire: Wire;
  step: Step;
  /** The fault that hits this call; never one of type "status", which is answered before. */
  fault: Exclude<Fault, { type: "status" }> | undefined;
  facts: AnswerFacts;
}

/** `signal` aborts when the client is gone or the simulator closes. */
export async function respondStream(
  response: ServerResponse,
  { wire, step, fault, facts }: PlannedAnswer,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  if (await breaksBeforeHeaders(response, fault, signal)) return;
  const type = wire.name === "anthropic" ? "text/event-stream; charset=utf-8" : "text/event-stream";
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
  const sink = createByteSink(response, step.form);
  const waitMs = createPacer(step.pace, clock);
  for (const beat of beatsOf(step, wire.stream(facts), fault)) {
    if (signal.aborted) return;
    if (beat.type === "frame") {
      const wait = beat.isToken ? waitMs() : 0;
      if (wait > 0) {
        await sink.flush();
        await clock.sleep(wait, signal);
      }
      if (sink.push(beat.data)) await sink.flush();
      continue;
    }
    await sink.flush();
    if (beat.type === "cut") response.socket?.destroy();
    else if (beat.type === "stall") await aborted(signal);
    else if (beat.type === "pings")
      await pingForever(response, wire.stream(facts).ping, beat.everyMs, { clock, signal });
    else assertNever(beat);
    return;
  }
  await sink.flush();
  response.end();
}

/** The same answer as one JSON body; a fault strikes half-way through it. */
export async function respondWhole(
  response: ServerResponse,
  { wire, step, fault, facts }: PlannedAnswer,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  if (await breaksBeforeHeaders(response, fault, signal)) return;
  const tokens = countTokens(step);
  if (tokens === Number.POSITIVE_INFINITY || fault?.type === "pings") return aborted(signal);
  await clock.sleep(wholeMs(step.pace, tokens), signal);
  if (signal.aborted) return;
  const headers = { "content-type": "application/json" };
  if (fault?.type === "error") {
    const refusal = { status: 500, message: "Internal server error" };
    const body = wire.errorBody(refusal, String(response.getHeader(wire.requestIdHeader)));
    response.writeHead(500, headers).end(JSON.stringify(body));
    return;
  }
  const body = JSON.stringify(wire.whole(facts, step.parts));
  const half = Math.floor(body.length / 2);
  response.writeHead(200, headers);
  if (fault?.type === "cut" || fault?.type === "stall") {
    await writeChunk(response, body.slice(0, half));
    if (fault.type === "cut") response.socket?.destroy();
    else await aborted(signal);
    return;
  }
  const sink = createByteSink(response, step.form);
  sink.push(wholeBytes(body, fault));
  await sink.flush();
  response.end();
}

function wholeBytes(body: string, fault: PlannedAnswer["fault"]): string | Buffer {
  if (fault?.type === "malformed") return body.slice(0, -1);
  if (fault?.type === "nostop") return body.replace(/"(stop|finish)_reason":"[a-z_]+"/, '"$1_reason":null');
  if (fault?.type === "badutf8") return withInvalidBytes(body.replace(/("(?:text|content)":")/, "$1\ufffd"));
  return body;
}

async function breaksBeforeHeaders(response: ServerResponse, fault: Fault | undefined, signal: AbortSignal) {
  if (fault === undefined || !("after" in fault) || fault.after !== undefined) return false;
  if (fault.type === "cut") response.socket?.destroy();
  else await aborted(signal);
  return true;
}

async function pingForever(
  response: ServerResponse,
  ping: string,
  everyMs: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await writeChunk(response, ping);
    await clock.sleep(everyMs, signal);
  }
}

/** How long each next token has to wait; a rate is kept by the schedule, so slow timers do not add up. */
function createPacer({ firstMs, delayMs, tokensPerSecond }: Pace, clock: Clock): () => number {
  let sent = 0;
  let startedAt = 0;
  return () => {
    const index = sent++;
    if (index === 0) return firstMs;
    if (tokensPerSecond === undefined) return delayMs;
    if (index === 1) startedAt = clock.now();
    const early = startedAt + (index * 1000) / Math.max(tokensPerSecond, 1e-6) - clock.now();
    return early >= 1 ? early : 0;
  };
}

function wholeMs({ firstMs, delayMs, tokensPerSecond }: Pace, tokens: number): number {
  const gaps = Math.max(0, tokens - 1);
  return firstMs + (tokensPerSecond === undefined ? gaps * delayMs : (gaps * 1000) / Math.max(tokensPerSecond, 1e-6));
}
