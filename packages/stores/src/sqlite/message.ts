// What crosses between the hub's thread and the store thread. It stands alone so that the hub's thread loads nothing of
// the database.
import { AnyWorkError } from "@anywork/protocol";
import type { OpName } from "../ops/index.ts";

export interface Call {
  id: number;
  name: OpName;
  input: unknown;
}
export type Answer = { id: number; ok: true; output: unknown } | { id: number; ok: false; error: SentError };
/** An AnyWorkError as it crosses the thread. */
export interface SentError {
  code: AnyWorkError["code"];
  message: string;
  hint?: string | undefined;
  field?: string | undefined;
  retryAfterS?: number | undefined;
}

/** The thread's first message. */
export type ThreadMessage = { ready: true } | { failed: SentError };

export function receivedError({ code, message, hint, field, retryAfterS }: SentError): AnyWorkError {
  return new AnyWorkError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(field !== undefined && { field }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  });
}
