import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "./diff.tsx";

const marked = (before: string, after: string) =>
  diffLines(before.split(","), after.split(",")).map(({ mark, text }) => mark + text);

describe("lines of a change", () => {
  it("marks what went and what came, and shows what stayed once", () => {
    expect(marked("a,b,c", "a,x,y,c")).toEqual([" a", "-b", "+x", "+y", " c"]);
  });

  it("does not count a repeated line twice", () => {
    expect(marked("a,a", "a,a,a")).toEqual([" a", " a", "+a"]);
  });

  it("gives back both sides, whatever they are", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const rows = diffLines(before, after);
        expect(rows.filter(({ mark }) => mark !== "+").map(({ text }) => text)).toEqual(before);
        expect(rows.filter(({ mark }) => mark !== "-").map(({ text }) => text)).toEqual(after);
      }),
    );
  });
});
