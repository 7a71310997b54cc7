// Which provider's wire and which of its routes a request means.
import { anthropicWire } from "./wire/anthropic.ts";
import { openAiWire } from "./wire/openai.ts";
import type { Wire } from "./wire/wire.ts";

export type Route =
  | { wire: Wire; type: "answer" }
  | { wire: Wire; type: "count" }
  | { wire: Wire; type: "models" }
  | { wire: Wire; type: "model"; model: string }
  | { wire: Wire; type: "unknown" };

/** `/v1/models` is served by both providers; Anthropic's headers tell whose client asks. */
export function findRoute(method: string, path: string, headers: Headers): Route {
  const pathname = path.split("?", 1)[0] ?? "";
  const isAnthropic = headers.has("anthropic-version") || headers.has("x-api-key");
  const wire = isAnthropic || pathname.startsWith("/v1/messages") ? anthropicWire : openAiWire;
  if (method === "POST" && pathname === "/v1/messages") return { wire, type: "answer" };
  if (method === "POST" && pathname === "/v1/messages/count_tokens") return { wire, type: "count" };
  if (method === "POST" && pathname === "/v1/chat/completions") return { wire: openAiWire, type: "answer" };
  if (method === "GET" && pathname === "/v1/models") return { wire, type: "models" };
  const model = method === "GET" ? /^\/v1\/models\/(.+)$/.exec(pathname)?.[1] : undefined;
  if (model !== undefined) return { wire, type: "model", model: model.replaceAll("%2F", "/") };
  return { wire, type: "unknown" };
}
