// The control half: the hub gives the provider and the tasks' tokens, and settles what was used. Nothing here is
// written anywhere but the usage.
import { type Route, readJson, route, sendJson } from "@anywork/guard/process";
import {
  AnyWorkError,
  checkRequestSchema,
  putTokenSchema,
  putUpstreamSchema,
  settleUsageSchema,
  type Upstream,
} from "@anywork/protocol";
import { checkProvider } from "./check.ts";
import type { Tokens } from "./tokens.ts";
import type { UsageJournal } from "./usage-journal.ts";

export interface ControlDeps {
  version: string;
  tokens: Tokens;
  usage: UsageJournal;
  upstream: () => Upstream | null;
  setUpstream: (upstream: Upstream | null) => void;
  /** Model calls under way. */
  active: () => number;
}

export function createControlRoutes({ version, tokens, usage, upstream, setUpstream, active }: ControlDeps): Route[] {
  return [
    route("GET", "/health", ({ response }) => {
      const current = upstream();
      const named = current && { name: current.name, style: current.style };
      sendJson(response, { status: "ok", version, upstream: named, tokens: tokens.size, active: active() });
    }),
    route("PUT", "/control/upstream", async ({ request, response }) => {
      setUpstream((await readJson(request, putUpstreamSchema)).upstream);
      sendJson(response, { status: "ok" });
    }),
    route("PUT", "/control/tokens/:task", async ({ request, response, params }) => {
      const { token, session_id } = await readJson(request, putTokenSchema);
      tokens.put(token, { taskId: params.task ?? "", sessionId: session_id });
      sendJson(response, { status: "ok" });
    }),
    route("DELETE", "/control/tokens/:task", ({ response, params }) => {
      tokens.remove(params.task ?? "");
      sendJson(response, { status: "ok" });
    }),
    route("GET", "/control/usage", ({ response, query }) => {
      const after = query.get("after") ?? "0";
      if (!/^\d{1,15}$/.test(after)) {
        throw new AnyWorkError("invalid_request", "after must be a whole number", { field: "after" });
      }
      sendJson(response, { usage: usage.list(Number(after)) });
    }),
    route("POST", "/control/usage/settled", async ({ request, response }) => {
      usage.settle((await readJson(request, settleUsageSchema)).n);
      sendJson(response, { status: "ok" });
    }),
    route("POST", "/control/check", async ({ request, response }) => {
      sendJson(response, await checkProvider(await readJson(request, checkRequestSchema)));
    }),
  ];
}
