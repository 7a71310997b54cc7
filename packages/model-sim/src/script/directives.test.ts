import { describe, expect, it } from "vitest";
import { parseDirectives } from "./directives.ts";

const known = new Set(["text", "tool", "429", "cut", "echo", "step"]);
const parse = (prompt: string) => parseDirectives(prompt, known);

describe("directives in a prompt", () => {
  it("are found in order, with the text around them left over", () => {
    const { directives, text, problem } = parse("before [[text:Hello there]] between [[step]] after");
    expect(directives).toEqual([
      { name: "text", arg: "Hello there", times: undefined },
      { name: "step", arg: "", times: undefined },
    ]);
    expect(text).toBe("before  between  after");
    expect(problem).toBeUndefined();
  });

  it("take tool arguments whose JSON holds brackets, quotes and nested objects", () => {
    const args = { command: 'if [[ -f x ]]; then echo "}]]\\" ; fi', env: { a: [["b"]] } };
    const { directives, text } = parse(`[[tool:bash ${JSON.stringify(args)}]] rest`);
    expect(directives).toHaveLength(1);
    expect(JSON.parse(directives[0]?.arg.slice("bash ".length) ?? "")).toEqual(args);
    expect(text).toBe("rest");
  });

  it("take a quoted text that holds closing brackets", () => {
    expect(parse('[[text:"a ]] b"]]').directives[0]?.arg).toBe('"a ]] b"');
    expect(parse('[[text:"hi" she said]]').directives[0]?.arg).toBe('"hi" she said');
  });

  it("carry a count behind their name", () => {
    expect(parse("[[429x2]] [[cutx1:3]]").directives).toEqual([
      { name: "429", arg: "", times: 2 },
      { name: "cut", arg: "3", times: 1 },
    ]);
  });

  it("are not seen in ordinary text with brackets", () => {
    for (const prompt of [
      "see [[Home]]",
      "if [[ -f x ]]; then",
      "a [[wiki]] link",
      "[[",
      "[[]]",
      "matrix [[1,2],[3,4]]",
    ]) {
      expect(parse(prompt)).toEqual({ directives: [], text: prompt });
    }
  });

  it("name a typo beside a known one, and one that is not closed", () => {
    expect(parse("[[echo]] [[txet:hi]]").problem).toContain("[[txet]]");
    expect(parse("[[text:hi").problem).toContain("not closed");
  });
});
