// In: a prompt. Out: the directives written in it, in order, and the text around them.
// This file knows the brackets only; what a directive means stands in directive-table.ts.

/** One `[[name:arg]]`. `times` is the N of `[[429xN]]`, undefined when none was written. */
export interface Directive {
  name: string;
  arg: string;
  times: number | undefined;
}

export interface ParsedPrompt {
  directives: Directive[];
  /** The prompt without its directives. */
  text: string;
  /** What is wrong with them; the wire answers it as 400, so that a typo never passes for an answer. */
  problem?: string;
}

const opening = /\[\[(\d{3}|[a-z0-9]+?)(?:\s*x(\d+))?(?=:|\]\])/y;
const toolHead = /\s*[\w-]+\s*/y;

/**
 * Finds `[[name]]`, `[[namexN]]` and `[[name:arg]]`. An argument ends at the first `]]`, except that a JSON object after
 * a tool's name, and a JSON string in double quotes, are read to their own end and may hold `]]`.
 * A prompt in which no known directive stands has none at all: brackets of ordinary text stay text.
 */
export function parseDirectives(prompt: string, known: ReadonlySet<string>): ParsedPrompt {
  const directives: Directive[] = [];
  const problems: string[] = [];
  let text = "";
  let at = 0;
  while (at < prompt.length) {
    const next = prompt.indexOf("[[", at);
    if (next < 0) break;
    text += prompt.slice(at, next);
    const found = readDirective(prompt, next);
    if (found === undefined) {
      text += "[[";
      at = next + 2;
      continue;
    }
    if (!known.has(found.directive.name)) problems.push(`unknown directive [[${found.directive.name}]]`);
    else if (found.end < 0) problems.push(`[[${found.directive.name}]] is not closed by ]]`);
    else directives.push(found.directive);
    at = found.end < 0 ? prompt.length : found.end;
  }
  text += prompt.slice(at);
  if (directives.length === 0 && !problems.some((problem) => problem.includes("not closed"))) {
    return { directives: [], text: prompt };
  }
  const problem = problems[0];
  return { directives, text: text.trim(), ...(problem !== undefined && { problem }) };
}

function readDirective(prompt: string, start: number): { directive: Directive; end: number } | undefined {
  opening.lastIndex = start;
  const head = opening.exec(prompt);
  const name = head?.[1];
  if (head === null || name === undefined) return undefined;
  const times = head[2] === undefined ? undefined : Number(head[2]);
  const afterHead = start + head[0].length;
  if (prompt[afterHead] !== ":") return { directive: { name, arg: "", times }, end: afterHead + 2 };
  const argEnd = findArgEnd(prompt, afterHead + 1, name);
  if (argEnd < 0) return { directive: { name, arg: "", times }, end: -1 };
  return { directive: { name, arg: prompt.slice(afterHead + 1, argEnd), times }, end: argEnd + 2 };
}

function findArgEnd(prompt: string, start: number, name: string): number {
  let jsonStart = start;
  if (name === "tool") {
    toolHead.lastIndex = start;
    jsonStart += toolHead.exec(prompt)?.[0].length ?? 0;
  }
  const jsonEnd = skipJson(prompt, jsonStart);
  if (jsonEnd > 0 && /^\s*\]\]/.test(prompt.slice(jsonEnd, jsonEnd + 64))) return prompt.indexOf("]]", jsonEnd);
  return prompt.indexOf("]]", start);
}

/** The index after the JSON object or string that begins at `start`; -1 when none begins there or it does not end. */
function skipJson(text: string, start: number): number {
  const first = text[start];
  if (first !== "{" && first !== '"') return -1;
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}") depth--;
    if (depth === 0 && !inString) return i + 1;
  }
  return -1;
}
