// Hot path. In: a provider's SSE bytes. Out: the same stream, in which text deltas that came in one chunk are one frame, so
// that the vendor's adapter reads one instead of hundreds. Next: the adapter, then `cut`, which gives back each delta
// as the provider sent it.
import type { ProviderStyle } from "@anywork/protocol";

/** What stands right before a delta's text, as both APIs write it; a server that writes it otherwise is only slower. */
const marks: Record<ProviderStyle, string> = {
  anthropic: '"delta":{"type":"text_delta","text":"',
  openai: '"content":"',
};
const backslash = 92;

export interface DeltaRuns {
  /** For the adapter: its responses' event streams come with runs of deltas joined. */
  fetch: typeof fetch;
  /** The deltas that a text of the adapter was joined from. */
  cut(text: string): string[];
}

interface Run {
  head: string;
  tail: string;
  /** The texts as JSON, without quotes. */
  bodies: string[];
}

/** For one call. */
export function createDeltaRuns(style: ProviderStyle, send: typeof fetch): DeltaRuns {
  let waiting: string[][] = [];
  const joiner = createJoiner(style, (deltas) => waiting.push(deltas));
  return {
    async fetch(input, init) {
      const response = await send(input, init);
      const isStream = response.headers.get("content-type")?.includes("text/event-stream");
      if (!response.ok || !isStream || response.body === null) return response;
      waiting = [];
      const { status, statusText, headers } = response;
      return new Response(joined(response.body, joiner), { status, statusText, headers });
    },
    cut(text) {
      // A text that was no run of ours is what it is.
      const [deltas] = waiting;
      if (deltas === undefined || deltas.join("") !== text) return [text];
      waiting.shift();
      return deltas;
    },
  };
}

interface Joiner {
  push(text: string): string;
  end(): string;
}

function joined(body: ReadableStream<Uint8Array>, joiner: Joiner): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read();
          const text = done
            ? joiner.push(decoder.decode()) + joiner.end()
            : joiner.push(decoder.decode(value, { stream: true }));
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (done) controller.close();
          if (done || text !== "") return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function createJoiner(style: ProviderStyle, onRun: (deltas: string[]) => void): Joiner {
  const mark = marks[style];
  /** The frame that has begun and not ended. */
  let rest = "";
  let isPlain = true;

  return {
    push(text) {
      // Lines that end otherwise are left to the adapter.
      isPlain &&= !text.includes("\r");
      const from = Math.max(rest.length - 1, 0);
      const all = rest + text;
      const end = isPlain ? all.lastIndexOf("\n\n") + 2 : all.length;
      if (isPlain && end < from + 2) {
        rest = all;
        return "";
      }
      rest = all.slice(end);
      return isPlain ? joinFrames(all, end) : all;
    },
    end: () => rest,
  };

  function joinFrames(text: string, end: number): string {
    let out = "";
    let run: Run | null = null;
    let marked = text.indexOf(mark);
    for (let start = 0; start < end; ) {
      const next = text.indexOf("\n\n", start) + 2;
      if (marked !== -1 && marked < start) marked = text.indexOf(mark, start);
      const from = marked === -1 ? end : marked + mark.length;
      const to = from < next ? endOfString(text, from, next) : -1;
      if (to === -1) {
        out += close(run) + text.slice(start, next);
        run = null;
      } else if (run && follows(run, text, { start, from, to, next })) run.bodies.push(text.slice(from, to));
      else {
        out += close(run);
        run = { head: text.slice(start, from), tail: text.slice(to, next), bodies: [text.slice(from, to)] };
      }
      start = next;
    }
    return out + close(run);
  }

  function close(run: Run | null): string {
    if (run === null) return "";
    const deltas = run.bodies.map(decode);
    onRun(deltas);
    return run.head + run.bodies.join("") + run.tail;
  }
}

function follows(run: Run, text: string, frame: { start: number; from: number; to: number; next: number }): boolean {
  return (
    frame.from - frame.start === run.head.length &&
    frame.next - frame.to === run.tail.length &&
    text.startsWith(run.head, frame.start) &&
    text.startsWith(run.tail, frame.to)
  );
}

function endOfString(text: string, from: number, end: number): number {
  for (let at = text.indexOf('"', from); at !== -1 && at < end; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}

/** A text that is no JSON makes the adapter fail on its frame; here it only must not throw. */
function decode(body: string): string {
  if (!body.includes("\\")) return body;
  try {
    return JSON.parse(`"${body}"`) as string;
  } catch {
    return body;
  }
}
