// HTTP as the route table says. Every request is judged (place, owner), parsed, handled and answered here; what a route
// does stands in handlers/.

import type { Log } from "@anywork/core";
import {
  type AnyWorkError,
  api,
  type Body,
  type Query,
  AnyWorkError as Refusal,
  type Reply,
  type Route,
  type RouteName,
  toAnyWorkError,
} from "@anywork/protocol";
import { Hono } from "hono";
import type { Access, AccessRequest } from "../auth/access.ts";
import { readJsonBody } from "./body.ts";
import { toInvalidRequest, toResponse } from "./errors.ts";
import { securityHeaders } from "./security-headers.ts";

export interface Call<N extends RouteName> {
  params: Record<string, string>;
  query: Query<N>;
  body: Body<N>;
  request: Request;
}
export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Reply<N> | Response>;
/** One handler per route of the table; a missing one is a type error. */
export type Handlers = { [N in RouteName]: Handler<N> };

export interface AppOptions {
  handlers: Handlers;
  access: Access;
  /** Everything that is not /api: the page. */
  page: (path: string, request: Request) => Promise<Response>;
  log: Log;
}

export function createApp({ handlers, access, page, log }: AppOptions): Hono {
  const app = new Hono();

  app.use("*", async (context, next) => {
    access.assertPlace(accessRequest(context.req.raw.headers));
    await next();
    for (const [name, value] of securityHeaders) context.res.headers.set(name, value);
  });

  for (const [name, route] of Object.entries(api) as [RouteName, Route][]) {
    app.on(route.method, route.path, async (context) => {
      const request = context.req.raw;
      if (route.permission !== "public" && !(await access.isOwner(accessRequest(request.headers)))) throw signInFirst();
      const body = await parseBody(route, request);
      const query = parse(route.query, Object.fromEntries(new URL(request.url).searchParams));
      const handler = handlers[name] as (call: unknown) => Promise<unknown>;
      const reply = await handler({ params: context.req.param(), query, body, request });
      return reply instanceof Response ? reply : Response.json(reply, { status: route.status });
    });
  }

  app.all("/api/*", (context) => {
    throw new Refusal("not_found", `There is no ${context.req.method} ${context.req.path}.`, {
      hint: "See /api/openapi.json.",
    });
  });
  app.all("*", (context) => page(context.req.path, context.req.raw));

  app.onError((thrown) => {
    const error = toAnyWorkError(thrown);
    if (error.code === "internal") log.error({ error: thrown }, "a request failed");
    const response = toResponse(error.code === "internal" ? hidden(error) : error);
    for (const [name, value] of securityHeaders) response.headers.set(name, value);
    return response;
  });
  return app;
}

export function accessRequest(headers: Headers): AccessRequest {
  const get = (name: string) => headers.get(name) ?? undefined;
  return { host: get("host"), origin: get("origin"), authorization: get("authorization"), cookie: get("cookie") };
}

async function parseBody(route: Route, request: Request): Promise<unknown> {
  if (route.method === "GET" || route.method === "DELETE") return undefined;
  const body = await readJsonBody(request);
  return route.body ? parse(route.body, body === undefined ? {} : body) : undefined;
}

function parse(schema: Route["body"], value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw toInvalidRequest(parsed.error);
  return parsed.data;
}

function signInFirst(): AnyWorkError {
  return new Refusal("unauthorized", "Sign in first.", {
    hint: "Open the link that `anywork token --link` prints, or send the token as Authorization: Bearer …",
  });
}

/** What went wrong inside stands in the log, not in the answer. */
function hidden(error: AnyWorkError): AnyWorkError {
  return new Refusal("internal", "Something went wrong inside AnyWork.", {
    hint: "See logs/hub.log in ANYWORK_HOME.",
    cause: error,
  });
}
