// The HTTP API as one table: handlers, client methods and OpenAPI are derived from it. A route that is not in it does
// not exist. Bodies are camelCase; unknown keys are dropped.
import { z } from "zod";
import { mcpServerNamesSchema, messageTextSchema } from "./frame.ts";
import { checkResultSchema } from "./gateway.ts";
import {
  instantSchema,
  messageSchema,
  nameSchema,
  sessionIdSchema,
  sessionSchema,
  taskSchema,
  taskStatusSchema,
} from "./task.ts";
import { apiKeyShape, apiKeyWish, providerStyles } from "./worker.ts";

/** session_id → sessionId and mcp_servers → mcpServers: REST reads the frames' names as aliases. */
function withAliases(body: unknown): unknown {
  if (body === null || typeof body !== "object" || Array.isArray(body)) return body;
  const { session_id, mcp_servers, ...rest } = body as Record<string, unknown>;
  return {
    ...(session_id !== undefined && { sessionId: session_id }),
    ...(mcp_servers !== undefined && { mcpServers: mcp_servers }),
    ...rest,
  };
}

export const newTaskSchema = z.preprocess(
  withAliases,
  z.object({
    message: messageTextSchema,
    sessionId: sessionIdSchema.nullish(),
    agent: nameSchema.nullish(),
    skills: z.array(nameSchema).nullish(),
    mcpServers: mcpServerNamesSchema.nullish(),
  }),
);

const limit = z.coerce.number().int().min(1).max(500).default(50);
const titleSchema = z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters");

export const logEntrySchema = z.object({
  seq: z.number().int(),
  type: z.string(),
  content: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  timestamp: instantSchema,
});

export const providerStateSchema = z.object({
  configured: z.boolean(),
  name: z.string().nullable(),
  style: z.enum(providerStyles).nullable(),
  baseUrl: z.string().nullable(),
  model: z.string().nullable(),
  /** The simulator answers, not a model. */
  demo: z.boolean(),
  /** Where it comes from: set by environment or file (not changeable in the page), or kept by the product. */
  source: z.enum(["config", "stored"]).nullable(),
});
export type ProviderState = z.infer<typeof providerStateSchema>;

export const statusSchema = z.object({
  version: z.string(),
  uptimeS: z.number(),
  home: z.string(),
  auth: z.enum(["on", "off"]),
  driver: z.string(),
  provider: providerStateSchema,
  gateway: z.object({ healthy: z.boolean() }),
  sandbox: z.object({
    kind: z.enum(["bubblewrap", "none", "unknown"]),
    reason: z.string().nullable(),
    hint: z.string().nullable(),
  }),
  tasks: z.object({ running: z.number().int(), pending: z.number().int() }),
  store: z.object({ healthy: z.boolean(), message: z.string().nullable() }),
  demoPrompts: z.array(z.object({ title: z.string(), prompt: z.string() })),
});
export type Status = z.infer<typeof statusSchema>;

const fileSchema = z.object({ content: z.string().max(200_000), own: z.boolean() });
const fileQuery = z.preprocess(withAliases, z.object({ sessionId: sessionIdSchema.optional() }));
const ok = z.object({ ok: z.literal(true) });

const newProviderSchema = z.object({
  style: z.enum(providerStyles),
  apiKey: z.string().trim().min(1, "must not be empty").max(1000).regex(apiKeyShape, apiKeyWish),
  baseUrl: z.url({ protocol: /^https?$/, error: "must be an http(s) address" }).nullish(),
  model: z.string().trim().min(1).max(200).nullish(),
});

export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With :params. */
  path: string;
  summary: string;
  /** Who may call it: anybody, or the owner. */
  permission: "public" | "owner";
  query?: z.ZodType;
  body?: z.ZodType;
  reply: z.ZodType;
  status: 200 | 201 | 202;
  /** The reply is text/event-stream, not JSON. */
  stream?: true;
}

export const api = {
  health: {
    method: "GET",
    path: "/api/health",
    summary: "Whether the hub is up",
    permission: "public",
    reply: z.object({ status: z.literal("ok"), version: z.string() }),
    status: 200,
  },
  status: {
    method: "GET",
    path: "/api/status",
    summary: "State of the installation",
    permission: "owner",
    reply: statusSchema,
    status: 200,
  },
  openapi: {
    method: "GET",
    path: "/api/openapi.json",
    summary: "This API as OpenAPI 3.1",
    permission: "public",
    reply: z.record(z.string(), z.unknown()),
    status: 200,
  },

  signIn: {
    method: "POST",
    path: "/api/auth/sign-in",
    summary: "A one-time code (or the token) for a cookie",
    permission: "public",
    body: z.object({ code: z.string().min(1).max(200) }),
    reply: ok,
    status: 200,
  },
  signOut: {
    method: "POST",
    path: "/api/auth/sign-out",
    summary: "Ends this browser's sign-in",
    permission: "owner",
    reply: ok,
    status: 200,
  },
  who: {
    method: "GET",
    path: "/api/auth/who",
    summary: "Whether the caller is signed in",
    permission: "public",
    reply: z.object({ signedIn: z.boolean(), auth: z.enum(["on", "off"]) }),
    status: 200,
  },
  newSignInLink: {
    method: "POST",
    path: "/api/auth/links",
    summary: "A new one-time sign-in link",
    permission: "owner",
    reply: z.object({ url: z.string(), expiresAt: instantSchema }),
    status: 201,
  },

  listSessions: {
    method: "GET",
    path: "/api/sessions",
    summary: "Sessions, newest activity first",
    permission: "owner",
    query: z.object({ limit, cursor: z.string().max(300).optional() }),
    reply: z.object({ sessions: z.array(sessionSchema), nextCursor: z.string().optional() }),
    status: 200,
  },
  createSession: {
    method: "POST",
    path: "/api/sessions",
    summary: "Opens a session",
    permission: "owner",
    body: z.object({ id: sessionIdSchema.nullish(), title: titleSchema.nullish(), agent: nameSchema.nullish() }),
    reply: sessionSchema,
    status: 201,
  },
  getSession: {
    method: "GET",
    path: "/api/sessions/:id",
    summary: "One session",
    permission: "owner",
    reply: sessionSchema,
    status: 200,
  },
  renameSession: {
    method: "PATCH",
    path: "/api/sessions/:id",
    summary: "Renames a session",
    permission: "owner",
    body: z.object({ title: titleSchema }),
    reply: sessionSchema,
    status: 200,
  },
  deleteSession: {
    method: "DELETE",
    path: "/api/sessions/:id",
    summary: "Deletes a session with its tasks and workspace",
    permission: "owner",
    reply: ok,
    status: 200,
  },
  sessionMessages: {
    method: "GET",
    path: "/api/sessions/:id/messages",
    summary: "The conversation, from the store; with the cursor to subscribe after",
    permission: "owner",
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(200), before: z.string().optional() }),
    reply: z.object({ messages: z.array(messageSchema), cursor: z.string(), nextCursor: z.string().optional() }),
    status: 200,
  },
  sessionTasks: {
    method: "GET",
    path: "/api/sessions/:id/tasks",
    summary: "Tasks of a session, newest first",
    permission: "owner",
    query: z.object({ limit, cursor: z.string().optional() }),
    reply: z.object({ tasks: z.array(taskSchema), nextCursor: z.string().optional() }),
    status: 200,
  },

  createTask: {
    method: "POST",
    path: "/api/tasks",
    summary: "Asks for work; an Idempotency-Key makes a repeat return the same task",
    permission: "owner",
    body: newTaskSchema,
    reply: taskSchema,
    status: 202,
  },
  listTasks: {
    method: "GET",
    path: "/api/tasks",
    summary: "Tasks, newest first",
    permission: "owner",
    query: z.preprocess(
      withAliases,
      z.object({
        limit,
        cursor: z.string().optional(),
        status: taskStatusSchema.optional(),
        sessionId: sessionIdSchema.optional(),
      }),
    ),
    reply: z.object({ tasks: z.array(taskSchema), nextCursor: z.string().optional() }),
    status: 200,
  },
  getTask: {
    method: "GET",
    path: "/api/tasks/:id",
    summary: "One task",
    permission: "owner",
    reply: taskSchema,
    status: 200,
  },
  taskLogs: {
    method: "GET",
    path: "/api/tasks/:id/logs",
    summary: "Events of a task after a seq",
    permission: "owner",
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(500),
    }),
    reply: z.object({ logs: z.array(logEntrySchema), hasMore: z.boolean() }),
    status: 200,
  },
  taskEvents: {
    method: "GET",
    path: "/api/tasks/:id/events",
    summary: "Events of a task as they come (SSE, Last-Event-ID)",
    permission: "owner",
    query: z.object({ after: z.string().max(40).optional() }),
    reply: z.string(),
    status: 200,
    stream: true,
  },
  cancelTask: {
    method: "POST",
    path: "/api/tasks/:id/cancel",
    summary: "Cancels a task; 409 when it has ended",
    permission: "owner",
    reply: taskSchema,
    status: 202,
  },
  retryTask: {
    method: "POST",
    path: "/api/tasks/:id/retry",
    summary: "A new task with the same request; 409 while it runs",
    permission: "owner",
    reply: taskSchema,
    status: 202,
  },

  workers: {
    method: "GET",
    path: "/api/workers",
    summary: "Workers alive",
    permission: "owner",
    reply: z.object({
      workers: z.array(
        z.object({
          id: z.string(),
          driver: z.string(),
          healthy: z.boolean(),
          activeSessions: z.number().int(),
          pid: z.number().int().nullable(),
          startedAt: instantSchema,
        }),
      ),
    }),
    status: 200,
  },

  putProvider: {
    method: "PUT",
    path: "/api/provider",
    summary: "Sets the model provider after one real call with the key",
    permission: "owner",
    body: newProviderSchema,
    reply: providerStateSchema,
    status: 200,
  },
  checkProvider: {
    method: "POST",
    path: "/api/provider/check",
    summary:
      "Tries a provider with one real call and keeps nothing; a refusal is an answer, in the provider's own words",
    permission: "owner",
    body: newProviderSchema,
    reply: checkResultSchema,
    status: 200,
  },
  useDemo: {
    method: "POST",
    path: "/api/provider/demo",
    summary: "Uses the offline demo: a simulator, not a model",
    permission: "owner",
    reply: providerStateSchema,
    status: 200,
  },
  deleteProvider: {
    method: "DELETE",
    path: "/api/provider",
    summary: "Forgets the kept provider and its key",
    permission: "owner",
    reply: providerStateSchema,
    status: 200,
  },

  getSoul: {
    method: "GET",
    path: "/api/workspace/soul",
    summary: "SOUL.md of the default agent or of one session",
    permission: "owner",
    query: fileQuery,
    reply: fileSchema,
    status: 200,
  },
  putSoul: {
    method: "PUT",
    path: "/api/workspace/soul",
    summary: "Writes SOUL.md",
    permission: "owner",
    query: fileQuery,
    body: z.object({ content: z.string().max(200_000) }),
    reply: fileSchema,
    status: 200,
  },
  getAgents: {
    method: "GET",
    path: "/api/workspace/agents",
    summary: "AGENTS.md of the default agent or of one session",
    permission: "owner",
    query: fileQuery,
    reply: fileSchema,
    status: 200,
  },
  putAgents: {
    method: "PUT",
    path: "/api/workspace/agents",
    summary: "Writes AGENTS.md",
    permission: "owner",
    query: fileQuery,
    body: z.object({ content: z.string().max(200_000) }),
    reply: fileSchema,
    status: 200,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof api;
export type Reply<N extends RouteName> = z.output<(typeof api)[N]["reply"]>;
type BodyOf<R> = R extends { body: infer S extends z.ZodType } ? z.output<S> : undefined;
type QueryOf<R> = R extends { query: infer S extends z.ZodType } ? z.output<S> : undefined;
export type Body<N extends RouteName> = BodyOf<(typeof api)[N]>;
export type Query<N extends RouteName> = QueryOf<(typeof api)[N]>;
