import { afterEach, expect, it, vi } from "vitest";
import { onInterrupts } from "./interrupts.ts";

afterEach(() => vi.restoreAllMocks());

it("the same Ctrl-C handed on by the launcher is not the second one", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const said: string[] = [];
  const stop = onInterrupts(
    () => said.push("first"),
    () => said.push("second"),
  );
  process.emit("SIGINT");
  process.emit("SIGINT");
  expect(said).toEqual(["first"]);
  now.mockReturnValue(1_400);
  process.emit("SIGINT");
  expect(said).toEqual(["first", "second"]);
  stop();
});
