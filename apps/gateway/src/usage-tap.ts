// In: the bytes of a provider's answer, as they pass. Out: the tokens it says were used. It looks only at lines that
// mention "usage", so that passing a delta costs one search of its chunk.
import type { GatewayUsage, ProviderStyle } from "@anywork/protocol";

/** input_tokens is what was read anew: tokens from the provider's cache are counted apart, in both styles. */
type TappedUsage = Pick<
  GatewayUsage,
  "model" | "input_tokens" | "output_tokens" | "cache_read_tokens" | "cache_write_tokens"
>;

export interface UsageTap {
  push(chunk: Buffer): void;
  /** What is known by now; also right after a stream that broke. */
  read(): TappedUsage;
}

const usageMark = Buffer.from('"usage"');
const nullMark = Buffer.from(":null");
const newline = 10;
/** A line longer than this has no usage worth waiting for. */
const maxLineBytes = 4 * 1024 * 1024;

export function createUsageTap(style: ProviderStyle, kind: "stream" | "body"): UsageTap {
  const usage: TappedUsage = {
    model: "",
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  };
  const take = (json: string) => takeUsage(usage, style, json);
  return kind === "stream" ? createStreamTap(usage, take) : createBodyTap(usage, take);
}

function createStreamTap(usage: TappedUsage, take: (json: string) => void): UsageTap {
  // The line that has begun and not ended. Its chunks are kept, not copied.
  let open: Buffer[] = [];
  let openBytes = 0;
  const takeLine = (line: Buffer) => {
    const at = line.indexOf(usageMark);
    if (
      at === -1 ||
      line
        .subarray(at + usageMark.length)
        .subarray(0, 5)
        .equals(nullMark)
    )
      return;
    take(line.toString().replace(/^data:\s*/, ""));
  };

  return {
    push(chunk) {
      const lastEnd = chunk.lastIndexOf(newline);
      let from = 0;
      if (openBytes > 0 && lastEnd !== -1) {
        from = chunk.indexOf(newline) + 1;
        if (openBytes < maxLineBytes) takeLine(Buffer.concat([...open, chunk.subarray(0, from)]));
        open = [];
        openBytes = 0;
      }
      for (let at = chunk.indexOf(usageMark, from); at !== -1 && at < lastEnd; ) {
        const to = chunk.indexOf(newline, at);
        takeLine(chunk.subarray(chunk.lastIndexOf(newline, at) + 1, to));
        at = chunk.indexOf(usageMark, to);
      }
      if (lastEnd + 1 < chunk.length) {
        openBytes += chunk.length - lastEnd - 1;
        if (openBytes < maxLineBytes) open.push(chunk.subarray(lastEnd + 1));
        else open = [];
      }
    },
    read: () => usage,
  };
}

function createBodyTap(usage: TappedUsage, take: (json: string) => void): UsageTap {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    push(chunk) {
      bytes += chunk.length;
      if (bytes < maxLineBytes) chunks.push(chunk);
    },
    read() {
      if (bytes < maxLineBytes) take(Buffer.concat(chunks).toString());
      return usage;
    },
  };
}

interface Reported {
  model?: unknown;
  usage?: Record<string, unknown> | null;
  message?: { model?: unknown; usage?: Record<string, unknown> };
}

/** Anthropic reports in message_start and, cumulatively, in message_delta; OpenAI in a chunk of its own at the end. */
function takeUsage(usage: TappedUsage, style: ProviderStyle, json: string): void {
  let reported: Reported;
  try {
    reported = JSON.parse(json) as Reported;
  } catch {
    return; // The bytes are passed on as they are; what is wrong with them is the engine's to say.
  }
  const model = reported.message?.model ?? reported.model;
  if (typeof model === "string") usage.model = model;
  const counts = reported.message?.usage ?? reported.usage;
  if (!counts) return;
  if (style === "anthropic") takeAnthropic(usage, counts);
  else takeOpenAi(usage, counts);
}

function takeAnthropic(usage: TappedUsage, counts: Record<string, unknown>): void {
  usage.input_tokens = count(counts.input_tokens) ?? usage.input_tokens;
  usage.output_tokens = count(counts.output_tokens) ?? usage.output_tokens;
  usage.cache_read_tokens = count(counts.cache_read_input_tokens) ?? usage.cache_read_tokens;
  usage.cache_write_tokens = count(counts.cache_creation_input_tokens) ?? usage.cache_write_tokens;
}

function takeOpenAi(usage: TappedUsage, counts: Record<string, unknown>): void {
  const details = counts.prompt_tokens_details as { cached_tokens?: unknown } | null | undefined;
  usage.cache_read_tokens = count(details?.cached_tokens) ?? 0;
  usage.input_tokens = Math.max((count(counts.prompt_tokens) ?? 0) - usage.cache_read_tokens, 0);
  usage.output_tokens = count(counts.completion_tokens) ?? usage.output_tokens;
}

const count = (value: unknown) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null);
