// The words between a prompt and a wire: a Step is one answer, said without a provider's format.

/** What the model says, in order. Neighbouring texts are one part; each tool part is one call. */
export type Part =
  | { type: "text"; tokens: readonly string[]; endless: boolean }
  | { type: "reasoning"; tokens: readonly string[]; endless: boolean }
  | { type: "tool"; name: string; json: string };

export type StopReason = "end" | "tools" | "max_tokens" | "refusal";

/** `in` excludes what the cache gave, as Anthropic counts; the OpenAI wire adds the cache to its prompt tokens. */
export interface Usage {
  in: number;
  out: number;
  cache_read: number;
  cache_write: number;
}

/** Times in milliseconds; `tokensPerSecond`, when given, wins over `delayMs`. */
export interface Pace {
  firstMs: number;
  delayMs: number;
  tokensPerSecond?: number;
}

/**
 * What goes wrong in an answer. `times`: how many calls of this very prompt it hits (Infinity: all).
 * `after`: tokens sent before it; undefined for cut and stall means before the headers.
 */
export type Fault = { times: number } & (
  | { type: "status"; status: number; headers: Record<string, string> }
  | { type: "cut" | "stall"; after: number | undefined }
  | { type: "error" | "malformed" | "badutf8"; after: number }
  | { type: "pings"; everyMs: number }
  | { type: "nostop" }
);

/** How the bytes are cut: `split` n = chunks of n bytes, "mixed" = three nasty ways in turn. */
export interface ByteForm {
  crlf: boolean;
  split?: number | "mixed";
}

export interface Step {
  parts: Part[];
  pace: Pace;
  form: ByteForm;
  usage: Partial<Usage>;
  faults: Fault[];
  stop?: StopReason;
}

export function emptyStep(pace: Pace): Step {
  return { parts: [], pace, form: { crlf: false }, usage: {}, faults: [] };
}

/** The step after this one: pace, form and usage hold until they are said anew. */
export function nextStep(step: Step): Step {
  return { ...emptyStep({ ...step.pace }), form: { ...step.form }, usage: { ...step.usage } };
}

export function addTokens(step: Step, type: "text" | "reasoning", tokens: readonly string[]): void {
  const last = step.parts.at(-1);
  if (last?.type === type) last.tokens = last.tokens.concat(tokens);
  else step.parts.push({ type, tokens, endless: false });
}

/** A text in pieces the size of a word, blanks before the word they belong to. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

const counted: string[] = [];

/** "w0", " w1", " w2", …: n tokens, the same for everybody, made once. */
export function countedWords(n: number): string[] {
  for (let i = counted.length; i < n; i++) counted.push(countedWord(i));
  return counted.slice(0, n);
}

export function countedWord(i: number): string {
  return i === 0 ? "w0" : ` w${i}`;
}

/** Tool arguments in the pieces they are streamed in; never cuts a code point. */
export function jsonPieces(json: string): string[] {
  return json.match(/[\s\S]{1,16}/gu) ?? [];
}
