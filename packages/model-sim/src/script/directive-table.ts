// The language of the simulator: one entry per directive, each changing the step it stands in.
import type { Directive } from "./directives.ts";
import { addTokens, countedWords, type Fault, type Step, type StopReason, wordsOf } from "./step.ts";

/** Applies a directive; returns what is wrong with it, if anything. `echo` is the prompt without its directives. */
type Apply = (step: Step, directive: Directive, echo: string) => string | undefined;

const maxTokens = 5_000_000;
const maxHugeBytes = 512 * 1024 * 1024;
const stopReasons: Record<string, StopReason> = {
  end: "end",
  tools: "tools",
  max_tokens: "max_tokens",
  refusal: "refusal",
};

const said: Record<string, Apply> = {
  text: (step, { arg }) => done(addTokens(step, "text", wordsOf(unquote(arg)))),
  echo: (step, _directive, echo) => done(addTokens(step, "text", wordsOf(echo))),
  tokens: (step, { arg }) => withNumber(arg, maxTokens, (n) => addTokens(step, "text", countedWords(n))),
  huge: (step, { arg }) => withNumber(arg, maxHugeBytes, (n) => addTokens(step, "text", ["x".repeat(n)])),
  endless: (step) => done(step.parts.push({ type: "text", tokens: [], endless: true })),
  reasoning: (step, { arg }) => done(addTokens(step, "reasoning", wordsOf(unquote(arg)))),
  tool: (step, { arg }) => addTool(step, arg),
  toolbad: (step, { arg }) =>
    done(step.parts.push({ type: "tool", name: arg.trim() || "bash", json: '{"command":"echo ' })),
};

const settings: Record<string, Apply> = {
  first: (step, { arg }) => withNumber(arg, 3_600_000, (ms) => Object.assign(step.pace, { firstMs: ms })),
  delay: (step, { arg }) => withNumber(arg, 3_600_000, (ms) => Object.assign(step.pace, { delayMs: ms })),
  rate: (step, { arg }) => withNumber(arg, 10_000_000, (n) => Object.assign(step.pace, { tokensPerSecond: n })),
  usage: (step, { arg }) => addUsage(step, arg),
  stop: (step, { arg }) => {
    const stop = stopReasons[arg.trim()];
    if (stop === undefined) return `[[stop:…]] takes one of ${Object.keys(stopReasons).join(", ")}`;
    step.stop = stop;
    return undefined;
  },
  crlf: (step) => done(Object.assign(step.form, { crlf: true })),
  split: (step, { arg }) => {
    if (arg === "") return done(Object.assign(step.form, { split: "mixed" }));
    return withNumber(arg, 1_000_000, (n) => Object.assign(step.form, { split: Math.max(1, n) }));
  },
};

const faults: Record<string, Apply> = {
  auth: (step, directive) =>
    addFault(step, directive, (_arg, times) => ({ times, type: "status", status: 401, headers: {} })),
  cut: (step, directive) => addFault(step, directive, (arg, times) => ({ times, type: "cut", after: toNumber(arg) })),
  stall: (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "stall", after: toNumber(arg) })),
  error: (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "error", after: toNumber(arg) ?? 0 })),
  malformed: (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "malformed", after: toNumber(arg) ?? 1 })),
  badutf8: (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "badutf8", after: toNumber(arg) ?? 1 })),
  pings: (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "pings", everyMs: toNumber(arg) ?? 1000 })),
  nostop: (step, directive) => addFault(step, directive, (_arg, times) => ({ times, type: "nostop" })),
};

for (const status of [400, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529]) {
  faults[status] = (step, directive) =>
    addFault(step, directive, (arg, times) => ({ times, type: "status", status, headers: retryHeaders(arg) }));
}

const table: Record<string, Apply> = { ...said, ...settings, ...faults };

export const knownDirectives: ReadonlySet<string> = new Set(["step", ...Object.keys(table)]);

export function applyDirective(step: Step, directive: Directive, echo: string): string | undefined {
  return table[directive.name]?.(step, directive, echo);
}

function done(_effect: unknown): undefined {
  return undefined;
}

function toNumber(arg: string): number | undefined {
  return /^\s*\d+(\.\d+)?\s*$/.test(arg) ? Number(arg) : undefined;
}

function withNumber(arg: string, max: number, use: (n: number) => unknown): string | undefined {
  const n = toNumber(arg);
  if (n === undefined || n > max) return `a number from 0 to ${max} was expected, not "${arg.slice(0, 40)}"`;
  use(n);
  return undefined;
}

function unquote(arg: string): string {
  const quoted = arg.trim();
  if (!/^".*"$/s.test(quoted)) return arg;
  const parsed = parseJson(quoted);
  return typeof parsed === "string" ? parsed : arg;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // callers turn this into the directive's own message
  }
}

function addTool(step: Step, arg: string): string | undefined {
  const match = /^\s*([\w-]+)\s*(.*)$/s.exec(arg);
  const name = match?.[1];
  if (name === undefined) return '[[tool:…]] takes a name and JSON arguments: [[tool:bash {"command":"ls"}]]';
  const args = parseJson(match?.[2]?.trim() || "{}");
  if (typeof args !== "object" || args === null) return `[[tool:${name} …]] has arguments that are not a JSON object`;
  step.parts.push({ type: "tool", name, json: JSON.stringify(args) });
  return undefined;
}

function addUsage(step: Step, arg: string): string | undefined {
  for (const pair of arg.split(",")) {
    const [key = "", value = ""] = pair.split("=").map((word) => word.trim());
    const n = toNumber(value);
    if (n === undefined || !(key === "in" || key === "out" || key === "cache_read" || key === "cache_write")) {
      return "[[usage:…]] takes in=, out=, cache_read=, cache_write= with numbers";
    }
    step.usage[key] = n;
  }
  return undefined;
}

type MakeFault = (arg: string, times: number) => Fault;

/** Faults take an argument, a count, both or neither: `[[cut]]`, `[[cut:3]]`, `[[cutx1]]`, `[[cut:3 x1]]`. */
function addFault(step: Step, { name, arg, times }: Directive, make: MakeFault): string | undefined {
  const trailing = /(?:^|\s)x(\d+)\s*$/.exec(arg);
  const own = (trailing === null ? arg : arg.slice(0, trailing.index)).trim();
  const takesNumber = ["cut", "stall", "error", "malformed", "badutf8", "pings"].includes(name);
  if (own !== "" && takesNumber && toNumber(own) === undefined) return `[[${name}:${own}]]: a number was expected`;
  const count = trailing?.[1] === undefined ? (times ?? Number.POSITIVE_INFINITY) : Number(trailing[1]);
  step.faults.push(make(own, count));
  return undefined;
}

/** `retry-after=2` (seconds) and `retry-after-ms=20`, blanks or commas between. */
function retryHeaders(arg: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [, name, value] of arg.matchAll(/(retry-after(?:-ms)?)=([^\s,]+)/g)) {
    if (name !== undefined && value !== undefined) headers[name] = value;
  }
  return headers;
}
