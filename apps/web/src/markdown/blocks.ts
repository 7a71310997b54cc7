// Markdown that is still being written, as blocks. Comes in: the whole text so far. Goes out: tokens, of which all but
// the last are the same objects as before, so that React draws again only what grew.
import { Lexer, type Token } from "marked";
import remend from "remend";

export interface Blocks {
  text: string;
  tokens: Token[];
  /** How many tokens at the front are settled, and how much text they cover. */
  settled: number;
  settledLength: number;
}

export const noBlocks: Blocks = { text: "", tokens: [], settled: 0, settledLength: 0 };

/** The block that grows may change its kind (a list, a table, a heading by underline): two blocks stay open. */
const openBlocks = 2;

/** Half-written emphasis, links and code spans are closed, so that marks do not flash up and vanish. */
const repair = (text: string): string => remend(text, { linkMode: "text-only", htmlTags: false, setextHeadings: true });

export function growBlocks(before: Blocks, text: string, isStreaming: boolean): Blocks {
  if (text === before.text && isStreaming) return before;
  const start = text.startsWith(before.text) ? before : noBlocks;
  const tail = text.slice(start.settledLength);
  const kept = start.tokens.slice(0, start.settled);
  if (!isStreaming)
    return { ...start, text, tokens: [...kept, ...reuse(start.tokens.slice(start.settled), lex(tail))] };

  const raw = lex(tail);
  const settledNow = raw.slice(0, Math.max(0, raw.length - openBlocks));
  const open = raw.slice(settledNow.length);
  const last = open.at(-1);
  const shown = last === undefined || last.type === "code" ? open : [...open.slice(0, -1), ...lex(repair(last.raw))];
  const settled = start.settled + settledNow.length;
  const settledLength = start.settledLength + settledNow.reduce((sum, token) => sum + token.raw.length, 0);
  const fresh = reuse(start.tokens.slice(start.settled), [...settledNow, ...shown]);
  return { text, tokens: [...kept, ...fresh], settled, settledLength };
}

const lex = (text: string): Token[] => new Lexer({ gfm: true }).lex(text);

/** The old object where the text did not change. */
function reuse(before: Token[], after: Token[]): Token[] {
  return after.map((token, i) => {
    const old = before[i];
    return old !== undefined && old.raw === token.raw && old.type === token.type ? old : token;
  });
}
