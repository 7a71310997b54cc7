import fc from "fast-check";
import { Lexer } from "marked";
import { describe, expect, it } from "vitest";
import { type Blocks, growBlocks, noBlocks } from "./blocks.ts";

const sample = [
  "# Title",
  "Some **bold** and `code` and a [link](https://example.org).",
  "- one\n- two\n  - inner\n\n  more",
  "```js\nconst a = 1;\n\nconst b = 2;\n```",
  "| a | b |\n| - | - |\n| 1 | 2 |",
  "> quote\n> more",
  "1. first\n2. second",
  "Last words.",
].join("\n\n");

const stream = (text: string, cuts: number[]): Blocks => {
  let blocks = noBlocks;
  for (const cut of [...cuts].sort((a, b) => a - b)) blocks = growBlocks(blocks, text.slice(0, cut), true);
  return growBlocks(blocks, text, false);
};

describe("growing markdown", () => {
  it("ends as the same blocks as the whole text at once, wherever it was cut", () => {
    const whole = new Lexer({ gfm: true }).lex(sample).map((token) => [token.type, token.raw]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: sample.length })), (cuts) => {
        expect(stream(sample, cuts).tokens.map((token) => [token.type, token.raw])).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the objects of blocks that are finished", () => {
    const first = growBlocks(noBlocks, "One.\n\nTwo.\n\nThree.\n\nFo", true);
    const second = growBlocks(first, "One.\n\nTwo.\n\nThree.\n\nFour and", true);
    expect(second.tokens[0]).toBe(first.tokens[0]);
    expect(second.tokens[2]).toBe(first.tokens[2]);
    expect(second.tokens.at(-1)).not.toBe(first.tokens.at(-1));
  });

  it("closes what is half written, so that no marks flash up", () => {
    const { tokens } = growBlocks(noBlocks, "This is **very imp", true);
    expect(JSON.stringify(tokens)).toContain('"type":"strong"');
  });
});
