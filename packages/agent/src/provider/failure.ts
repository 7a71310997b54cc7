// In: whatever a vendor's adapter, the network or the gateway threw. Out: ProviderFailure with a code of ours, the
// provider's own words, and the remedy. Next: retry.ts decides whether the call is repeated.
import { AnyWorkError, type ErrorCode, errorCodeSchema } from "@anywork/protocol";

/** A model call that failed. */
export class ProviderFailure extends AnyWorkError {
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly transient: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    details: { hint?: string; cause?: unknown; retryAfterS?: number; transient?: boolean } = {},
  ) {
    super(code, message, details);
    this.transient = details.transient ?? transientCodes.has(code);
  }
}

const transientCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
  "provider_unreachable",
  "provider_stalled",
  "provider_protocol",
]);

const hints: Partial<Record<ErrorCode, string>> = {
  provider_auth: "Check the provider's key in the settings; paste a new one if it was revoked.",
  provider_quota: "The account at the provider has no credit left: add credit or raise the spend limit there.",
  provider_rate_limited: "The provider allows no more calls right now: try again later or raise the limit there.",
  provider_overloaded: "The provider is overloaded: try again in a few minutes.",
  provider_error: "The provider failed: try again, and look at its status page if it stays so.",
  provider_unreachable: "Check the network and the provider's address.",
  provider_stalled: "The provider stopped sending: try again.",
  provider_protocol: "The provider's answer was broken: try again; check that its address speaks the configured API.",
  model_not_found: "Choose a model that the provider offers to this key.",
  context_overflow:
    "The conversation is too long for the model: start a new session or use a model with a larger context.",
};

export function providerFailure(
  code: ErrorCode,
  message: string,
  details: { cause?: unknown; retryAfterS?: number; transient?: boolean; hint?: string } = {},
): ProviderFailure {
  const hint = details.hint ?? hints[code];
  return new ProviderFailure(code, message, { ...details, ...(hint !== undefined && { hint }) });
}

/** What is read of a vendor's error, wherever it keeps it. */
interface Vendor {
  status: number | undefined;
  kind: string;
  message: string;
  hint: string | undefined;
  retryAfterS: number | undefined;
}

export function toProviderFailure(thrown: unknown): ProviderFailure {
  if (thrown instanceof ProviderFailure) return thrown;
  const vendor = readVendor(thrown);
  const code = codeOf(vendor, thrown);
  const details = {
    cause: thrown,
    ...(vendor.retryAfterS !== undefined && { retryAfterS: vendor.retryAfterS }),
    ...(vendor.hint !== undefined && { hint: vendor.hint }),
    // A refused request is refused again; a server's failure may pass.
    ...(code === "provider_error" && { transient: vendor.status === undefined || vendor.status >= 500 }),
  };
  return providerFailure(code, vendor.message, details);
}

function codeOf({ status, kind, message }: Vendor, thrown: unknown): ErrorCode {
  const own = errorCodeSchema.safeParse(kind); // the gateway speaks our own codes
  if (own.success) return own.data;
  const words = `${kind} ${message}`;
  const isRequestRefused = status === undefined || (status >= 400 && status < 500);
  if (isRequestRefused && overflow.test(words)) return "context_overflow";
  if (isRequestRefused && quota.test(words)) return "provider_quota";
  if (isRequestRefused && noModel.test(words)) return "model_not_found";
  return codeOfStatus(status) ?? codeOfKind(kind) ?? codeOfThrown(thrown);
}

const overflow =
  /context[ _-]?(length|window)|prompt is too long|maximum context|too many (input )?tokens|request_too_large/i;
const quota =
  /insufficient_quota|credit balance|billing|spend(ing)? (cap|limit)|exceeded your current quota|out of credit/i;
const noModel =
  /model_not_found|model.{0,80}(not found|does not exist)|(not found|unknown).{0,20}\bmodel\b|^not_found_error model/i;

function codeOfStatus(status: number | undefined): ErrorCode | undefined {
  if (status === undefined || status < 400) return undefined;
  if (status === 401 || status === 403) return "provider_auth";
  if (status === 402) return "provider_quota";
  if (status === 413) return "context_overflow";
  if (status === 429) return "provider_rate_limited";
  if (status === 529 || status === 503) return "provider_overloaded";
  return "provider_error";
}

function codeOfKind(kind: string): ErrorCode | undefined {
  if (/overloaded/.test(kind)) return "provider_overloaded";
  if (/rate_limit/.test(kind)) return "provider_rate_limited";
  if (/authentication|permission|invalid_api_key/.test(kind)) return "provider_auth";
  if (/_error$/.test(kind)) return "provider_error";
  return undefined;
}

const brokenAnswer = /AI_(JSONParse|TypeValidation|InvalidResponseData|EmptyResponseBody|NoContentGenerated)/;

function codeOfThrown(thrown: unknown): ErrorCode {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (brokenAnswer.test(error.name)) return "provider_protocol";
    if ("code" in error && typeof error.code === "string" && /^(E[A-Z]+|UND_ERR.*|CERT_.*)$/.test(error.code)) {
      return "provider_unreachable";
    }
    if (/fetch failed|terminated|socket hang up|network/i.test(error.message)) return "provider_unreachable";
  }
  return "provider_protocol";
}

function readVendor(thrown: unknown): Vendor {
  const error = asRecord(thrown);
  const headers = asRecord(error.responseHeaders);
  const body = asRecord(parseJson(error.responseBody));
  const inner = asRecord(body.error ?? asRecord(error.data).error ?? error.error);
  const status = typeof error.statusCode === "number" ? error.statusCode : undefined;
  const kind = firstText(inner.code, inner.type, error.type);
  const message = firstText(inner.message, body.message, error.message, innermost(thrown), String(thrown));
  return {
    status,
    kind,
    message: status === undefined ? withCause(message, thrown) : message,
    hint: typeof inner.hint === "string" ? inner.hint : undefined,
    retryAfterS: readRetryAfter(headers["retry-after"]),
  };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function readRetryAfter(value: unknown): number | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

function innermost(thrown: unknown): string {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error.message : "";
}

/** "Cannot connect to API" alone helps nobody; the system's word for it does. */
function withCause(message: string, thrown: unknown): string {
  const inner = innermost(thrown);
  return inner === "" || message.includes(inner) ? message : `${message}: ${inner}`;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};

const firstText = (...values: unknown[]): string =>
  values.find((value): value is string => typeof value === "string" && value !== "") ?? "";

function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an error page of a proxy: the status says what is known
  }
}
