import type { ErrorCode } from "@anywork/protocol";

/** A refused or failed request. `status` 0 with code "unavailable": nothing answered at all. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string | undefined;
  readonly field: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { status: number; hint?: string | undefined; field?: string | undefined; cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ApiError";
    this.code = code;
    this.status = details.status;
    this.hint = details.hint;
    this.field = details.field;
  }
}
