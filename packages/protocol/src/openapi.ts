import { z } from "zod";
import { api, type Route } from "./api.ts";
import { errorBodySchema } from "./error.ts";

const jsonOf = (schema: z.ZodType, io: "input" | "output") => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

/** The API as an OpenAPI 3.1 document, made from the route table. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(api) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "AnyWork", version, description: "Sessions, tasks and their events." },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "anywork" },
      },
      schemas: { Error: jsonOf(errorBodySchema, "output") },
    },
    paths,
  };
}

function operation(operationId: string, route: Route): Record<string, unknown> {
  const type = route.stream ? "text/event-stream" : "application/json";
  return {
    operationId,
    summary: route.summary,
    security: route.permission === "public" ? [] : [{ token: [] }, { cookie: [] }],
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...(route.body && {
      requestBody: { required: true, content: { "application/json": { schema: jsonOf(route.body, "input") } } },
    }),
    responses: {
      [route.status]: { description: "as asked", content: { [type]: { schema: jsonOf(route.reply, "output") } } },
      default: {
        description: "refused",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType | undefined): unknown[] {
  if (!query) return [];
  const { properties = {} } = jsonOf(query, "input") as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}
