// The gateway's own errors, in the words of the provider's API, so that every client library shows them as they are.
import type { ServerResponse } from "node:http";
import type { ErrorCode, ProviderStyle } from "@anywork/protocol";

export interface Refusal {
  status: number;
  code: ErrorCode;
  message: string;
}

const anthropicTypes: Record<number, string> = {
  401: "authentication_error",
  404: "not_found_error",
  502: "api_error",
  503: "api_error",
};

export function refuse(response: ServerResponse, style: ProviderStyle, { status, code, message }: Refusal): void {
  const body =
    style === "anthropic"
      ? { type: "error", error: { type: anthropicTypes[status] ?? "api_error", message, code } }
      : { error: { message, type: code, code, param: null } };
  const bytes = Buffer.from(JSON.stringify(body));
  // What the worker still sends is not read, so its connection cannot be used again.
  if (!response.req.complete) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length }).end(bytes);
}
