import { expect, it } from "vitest";
import { judge } from "./disk.ts";

it.each([
  [5 * 1024 ** 3, "ok", "5 GiB free"],
  [500 * 1024 ** 2, "warning", "500 MiB free"],
  [50 * 1024 ** 2, "problem", "50 MiB free"],
])("%d bytes free are %s", (bytes, state, said) => {
  expect(judge(bytes, "/h")).toMatchObject({ state, message: `${said} at /h.` });
});
