import { AnyWorkError, type ErrorCode, errorBody } from "@anywork/protocol";
import type { z } from "zod";

/** Code → HTTP status, once. */
const statuses: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  mcp_definition_refused: 400,
  path_refused: 400,
  unauthorized: 401,
  origin_refused: 403,
  host_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_conflict: 409,
  task_terminal: 409,
  stale_lease: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  // A provider's refusal of what the person gave us is theirs to mend, not a failure of the hub.
  provider_auth: 422,
  provider_quota: 422,
  provider_rate_limited: 422,
  provider_overloaded: 422,
  provider_error: 422,
  provider_unreachable: 422,
  provider_protocol: 422,
  provider_stalled: 422,
  model_not_found: 422,
  provider_missing: 409,
  store_unavailable: 503,
  worker_unavailable: 503,
  unavailable: 503,
  disk_full: 507,
};

export function toResponse(error: AnyWorkError): Response {
  const headers = new Headers({ "content-type": "application/json" });
  if (error.retryAfterS !== undefined) headers.set("retry-after", String(error.retryAfterS));
  return new Response(JSON.stringify(errorBody(error)), { status: statuses[error.code] ?? 500, headers });
}

/** The first thing that is wrong with a body, named by its field. */
export function toInvalidRequest(error: z.ZodError): AnyWorkError {
  const issue = error.issues[0];
  const field = issue?.path.join(".") ?? "";
  if (/^mcp_?[sS]ervers/.test(field)) {
    return new AnyWorkError("mcp_definition_refused", "MCP servers are named here, never defined.", {
      field,
      hint: 'Define the server in config.yaml and send its name, like ["docs"].',
    });
  }
  const where = field === "" ? "The body" : field;
  return new AnyWorkError(
    "invalid_request",
    `${where}: ${issue?.message ?? "is not valid"}`,
    field === "" ? {} : { field },
  );
}
