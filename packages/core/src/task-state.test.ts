import { taskStatuses } from "@anywork/protocol";
import { expect, test } from "vitest";
import { assertMove, moves, origins } from "./task-state.ts";

test("exactly the listed moves are legal", () => {
  const legal = taskStatuses.flatMap((from) => moves[from].map((to) => `${from}>${to}`));
  for (const from of taskStatuses) {
    for (const to of taskStatuses) {
      if (legal.includes(`${from}>${to}`)) expect(() => assertMove(from, to)).not.toThrow();
      else expect(() => assertMove(from, to)).toThrow(/cannot become/);
    }
  }
  expect(legal).toHaveLength(12);
});

test("a terminal status never changes", () => {
  for (const from of ["completed", "failed", "canceled"] as const) {
    for (const to of taskStatuses)
      expect(() => assertMove(from, to)).toThrow(expect.objectContaining({ code: "task_terminal" }));
  }
});

test("origins are the statuses a compare-and-set compares with", () => {
  expect(origins("completed")).toEqual(["running"]);
  expect(origins("canceled")).toEqual(["pending", "running", "input_required"]);
});
