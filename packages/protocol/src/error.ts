import { z } from "zod";

/** The closed list of error codes. A code says what went wrong; the message names the thing; the hint is the remedy. */
export const errorCodes = [
  // a request that cannot be served as it is
  "invalid_request",
  "invalid_json",
  "unauthorized",
  "origin_refused",
  "host_refused",
  "not_found",
  "method_not_allowed",
  "conflict",
  "idempotency_conflict",
  "task_terminal",
  "payload_too_large",
  "unsupported_media_type",
  "too_many_requests",
  "mcp_definition_refused",
  // the installation
  "config_invalid",
  "home_unwritable",
  "home_locked",
  "port_in_use",
  "store_unavailable",
  "disk_full",
  "sandbox_missing",
  "unavailable",
  "internal",
  // model providers
  "provider_missing",
  "provider_auth",
  "provider_quota",
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
  "provider_unreachable",
  "provider_stalled",
  "provider_protocol",
  "model_not_found",
  "context_overflow",
  // tasks and workers
  "worker_lost",
  "worker_unavailable",
  "stale_lease",
  "engine_failed",
  "idle_timeout",
  "total_timeout",
  "too_many_steps",
  "journal_full",
  "canceled",
  // files and tools
  "path_refused",
  "tool_failed",
] as const;

export const errorCodeSchema = z.enum(errorCodes);
export type ErrorCode = (typeof errorCodes)[number];

/** What every refused HTTP request answers, and what `error` frames carry in their metadata. */
export const errorBodySchema = z.object({
  error: z.object({
    code: errorCodeSchema,
    message: z.string(),
    /** The remedy, one sentence. */
    hint: z.string().optional(),
    /** The field of the request that is wrong, as a dotted path. */
    field: z.string().optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

export interface ErrorDetails {
  hint?: string;
  field?: string;
  cause?: unknown;
  /** Seconds after which a repeat makes sense. */
  retryAfterS?: number;
}

/** A broken promise. Expected refusals are return values; this is for what the caller cannot go on from. */
export class AnyWorkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AnyWorkError";
    this.code = code;
    this.hint = details.hint;
    this.field = details.field;
    this.retryAfterS = details.retryAfterS;
  }
}

/** Any thrown thing as an AnyWorkError; one that is already coded passes through unchanged. */
export function toAnyWorkError(thrown: unknown, code: ErrorCode = "internal"): AnyWorkError {
  if (thrown instanceof AnyWorkError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AnyWorkError(code, message, { cause: thrown });
}

export function errorBody(error: AnyWorkError): ErrorBody {
  const { code, message, hint, field } = error;
  return { error: { code, message, ...(hint && { hint }), ...(field && { field }) } };
}

/** For the default branch of a switch over a closed union. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
