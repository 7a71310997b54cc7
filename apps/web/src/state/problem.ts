import { ApiError } from "@anywork/client";
import type { Problem } from "./app-state.ts";

/** Anything thrown as something that can be shown. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof ApiError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, field: thrown.field };
  }
  return { code: "internal", message: thrown instanceof Error ? thrown.message : String(thrown) };
}
