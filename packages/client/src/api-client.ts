// Calls of the hub's HTTP API, typed by the route table. What the hub refuses becomes an ApiError with the hub's own
// code, message and hint; a hub that does not answer becomes one with code "unavailable".
import type { Body, ErrorBody, Query, Reply, RouteName } from "@anywork/protocol";
import { ApiError } from "./api-error.ts";
import { routes } from "./routes.ts";

export interface ApiClientOptions {
  /** "" in the page (same origin), else http://host:port. */
  baseUrl: string;
  /** Sent as a bearer token; the page uses its cookie instead. */
  token?: string;
  fetch?: typeof fetch;
}

export interface CallOptions<N extends RouteName> {
  /** Values of the path's :params. */
  params?: Record<string, string>;
  query?: Query<N> extends undefined ? never : Partial<Query<N>>;
  body?: Body<N>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** The request outlives the page (for what must still be said while it closes). */
  keepalive?: boolean;
}

export interface ApiClient {
  /** @throws ApiError; an AbortError when `signal` was aborted. */
  call<N extends RouteName>(name: N, options?: CallOptions<N>): Promise<Reply<N>>;
}

function pathOf(name: RouteName, params: Record<string, string>, query: Record<string, unknown>): string {
  const path = routes[name][1].replace(/:(\w+)/g, (_, param: string) => {
    const value = params[param];
    if (value === undefined) throw new TypeError(`${name} needs ${param}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as Partial<ErrorBody> | null;
  const error = body?.error;
  if (error === undefined) {
    return new ApiError("internal", `The hub answered ${response.status} without saying why.`, {
      status: response.status,
    });
  }
  return new ApiError(error.code, error.message, { status: response.status, hint: error.hint, field: error.field });
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);

  return {
    async call<N extends RouteName>(name: N, call: CallOptions<N> = {}): Promise<Reply<N>> {
      const [method] = routes[name];
      const url = options.baseUrl + pathOf(name, call.params ?? {}, { ...call.query });
      const headers: Record<string, string> = { accept: "application/json", ...call.headers };
      if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
      // Writes need the JSON content type even when they have no fields: it is one of the hub's guards.
      const body = method === "GET" ? undefined : JSON.stringify(call.body ?? {});
      if (body !== undefined) headers["content-type"] = "application/json";

      let response: Response;
      try {
        response = await send(url, {
          method,
          headers,
          ...(body !== undefined && { body }),
          ...(call.signal && { signal: call.signal }),
          ...(call.keepalive && { keepalive: true }),
        });
      } catch (cause) {
        if (call.signal?.aborted) throw cause;
        throw new ApiError("unavailable", "The hub does not answer.", {
          status: 0,
          hint: "Check that AnyWork is still running, then try again.",
          cause,
        });
      }
      if (!response.ok) throw await refusal(response);
      return (await response.json()) as Reply<N>;
    },
  };
}
