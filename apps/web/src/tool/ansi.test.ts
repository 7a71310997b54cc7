import { describe, expect, it } from "vitest";
import { ansiPieces, plain } from "./ansi.ts";

const esc = "\u001b[";

describe("ANSI output", () => {
  it("gives colours and bold to the pieces they belong to", () => {
    expect(ansiPieces(`a${esc}1;31mb${esc}0mc${esc}92md`)).toEqual([
      { text: "a" },
      { text: "b", isBold: true, colour: "var(--danger)" },
      { text: "c" },
      { text: "d", colour: "var(--ok)" },
    ]);
  });

  it("skips 256 and true colours without taking their numbers for styles", () => {
    expect(ansiPieces(`${esc}38;5;31mx${esc}48;2;1;31;1my`)).toEqual([{ text: "x" }, { text: "y" }]);
  });

  it("drops what moves the cursor and starts a line again at a carriage return", () => {
    expect(plain(`${esc}2J10%\r50%\r100%\nnext\r\nlast`)).toBe("100%\nnext\nlast");
  });
});
