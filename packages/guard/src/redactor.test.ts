import { expect, it } from "vitest";
import { createRedactor } from "./redactor.ts";

it("replaces every known secret, the longer one first, also with signs that mean something in patterns", () => {
  const redact = createRedactor(["sk-abc.def", "sk-abc.def-long", "a+b*c?(d)"]);
  expect(redact("x sk-abc.def-long y sk-abc.def z a+b*c?(d) sk-abcXdef")).toBe("x *** y *** z *** sk-abcXdef");
});

it("leaves short and empty secrets alone: they would tear words apart", () => {
  expect(createRedactor(["", "a", "hello"])("hello a")).toBe("hello a");
});
