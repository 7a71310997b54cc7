import { describe, expect, test } from "vitest";
import { requirements } from "./requirements.ts";

const required = (process.env.ANYWORK_TEST_REQUIRE ?? "").split(",").filter((name) => name !== "");

test("ANYWORK_TEST_REQUIRE names only what can be required", () => {
  expect(required.filter((name) => !(name in requirements))).toEqual([]);
});

describe("this machine has", () => {
  for (const [name, lack] of Object.entries(requirements)) {
    test(name, (context) => {
      const reason = lack();
      if (reason !== "" && !required.includes(name)) context.skip(reason);
      expect(reason).toBe("");
    });
  }
});
