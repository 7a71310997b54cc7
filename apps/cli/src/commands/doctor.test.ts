import { expect, it } from "vitest";
import { plain } from "../paint.ts";
import { hasProblem, renderReport } from "./doctor.ts";

it("every check is a line, its remedy stands below it, and the sum at the end", () => {
  const report = {
    version: "1.0.0",
    home: "/h",
    checks: [
      { name: "node", state: "ok" as const, message: "Node 24.", remedy: null },
      { name: "database", state: "problem" as const, message: "It is damaged.", remedy: "Restore it." },
    ],
  };
  expect(renderReport(report, plain)).toBe(
    [
      "AnyWork 1.0.0, home /h",
      "",
      "✓ node      Node 24.",
      "✗ database  It is damaged.",
      "            → Restore it.",
      "",
      "1 problem",
      "",
    ].join("\n"),
  );
  expect(hasProblem(report)).toBe(true);
});
