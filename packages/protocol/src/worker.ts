// The worker protocol: what the hub says to a worker over HTTP on a Unix socket (or a runner's WebSocket).
import { z } from "zod";
import { sessionIdSchema } from "./task.ts";

export const skillPayloadSchema = z.object({ name: z.string(), files: z.record(z.string(), z.string()) });
const mcpConfigSchema = z.record(z.string(), z.unknown());

/** POST /prepare. An array of MCP servers (each with its name) is understood too. */
export const prepareRequestSchema = z.object({
  task_id: z.string(),
  session_id: sessionIdSchema,
  skills: z.array(skillPayloadSchema).default([]),
  mcp_servers: z
    .union([z.record(z.string(), mcpConfigSchema), z.array(z.looseObject({ name: z.string() }))])
    .default({})
    .transform((servers) =>
      Array.isArray(servers) ? Object.fromEntries(servers.map(({ name, ...config }) => [name, config])) : servers,
    ),
});
export type PrepareRequest = z.input<typeof prepareRequestSchema>;

export const providerStyles = ["anthropic", "openai"] as const;
export type ProviderStyle = (typeof providerStyles)[number];

/** A key travels in a header, which holds no other characters. */
export const apiKeyShape = /^[\x21-\x7e]+$/;
export const apiKeyWish = "must be the key alone: letters, digits and signs, no spaces";

/** How a worker reaches a model: never with the provider's key. */
export const gatewayAccessSchema = z.object({
  /** Path of the gateway's Unix socket. */
  socket: z.string(),
  /** Dead as soon as the attempt is over. */
  token: z.string(),
  /** Which wire the gateway's upstream speaks. */
  style: z.enum(providerStyles),
});
export type GatewayAccess = z.infer<typeof gatewayAccessSchema>;

/** The agent's configuration as one attempt needs it. */
export const agentSpecSchema = z.object({
  name: z.string(),
  engine: z.string(),
  model: z.string(),
  /** SOUL.md and AGENTS.md, already resolved for this session. */
  soul: z.string(),
  instructions: z.string(),
  limits: z.object({
    max_steps: z.number().int().positive(),
    /** No event for so long ends the attempt as failed with idle_timeout. */
    idle_timeout_ms: z.number().int().positive(),
    total_timeout_ms: z.number().int().positive(),
  }),
});
export type AgentSpec = z.infer<typeof agentSpecSchema>;

/** The answer to a parked approval, carried into the next attempt. */
export const resumeSchema = z.object({
  approval_id: z.string(),
  decision: z.enum(["allow", "deny"]),
  args: z.record(z.string(), z.unknown()).optional(),
  message: z.string().optional(),
});
export type Resume = z.infer<typeof resumeSchema>;

/** POST /chat → text/event-stream; id is the wseq, event the type, data {content, metadata}. */
export const chatRequestSchema = z.object({
  task_id: z.string(),
  attempt: z.number().int().positive(),
  session_id: sessionIdSchema,
  message: z.string(),
  agent: agentSpecSchema,
  /** Fencing: a worker refuses a token lower than one it has seen for the session. */
  lease: z.object({ token: z.number().int() }),
  gateway: gatewayAccessSchema.nullable(),
  resume: resumeSchema.optional(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

export const cancelRequestSchema = z.object({ session_id: sessionIdSchema, task_id: z.string().optional() });
/** POST /forget: the hub has stored all of the attempt; its journal may go. */
export const forgetRequestSchema = z.object({ task_id: z.string(), attempt: z.number().int().positive() });

/** GET /health of a worker. */
export const workerHealthSchema = z.object({
  status: z.literal("ok"),
  version: z.string(),
  engines: z.array(z.string()),
  active_sessions: z.number().int(),
  /** Attempts it holds a journal of, running or ended. */
  attempts: z.array(
    z.object({ task_id: z.string(), attempt: z.number().int(), wseq: z.number().int(), running: z.boolean() }),
  ),
  sandbox: z.object({
    kind: z.enum(["bubblewrap", "none"]),
    reason: z.string().optional(),
    hint: z.string().optional(),
  }),
});
export type WorkerHealth = z.infer<typeof workerHealthSchema>;

/** Header of an attached stream: the last wseq that was journaled when the stream began. */
export const journalHeadHeader = "x-anywork-wseq";

/** How a process of ours records where it listens: `run/<id>.json`, mode 0600. */
export const processRecordSchema = z.object({
  id: z.string(),
  kind: z.enum(["gateway", "worker", "hub"]),
  pid: z.number().int().positive(),
  /** Unix socket path; for the hub its http address. */
  address: z.string(),
  token: z.string(),
  version: z.string(),
  startedAt: z.string(),
});
export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** What the parent writes, as one JSON line, to a process's standard input when it starts it. It answers "ready\n" on fd 3. */
export const workerBootSchema = z.object({
  id: z.string(),
  home: z.string(),
  socket: z.string(),
  token: z.string(),
  version: z.string(),
  /** Ends itself after so long without a request from a hub and without a running task. */
  orphan_exit_ms: z.number().int().positive(),
  sandbox: z.object({ mode: z.enum(["auto", "none"]), network: z.boolean() }),
});
export type WorkerBoot = z.infer<typeof workerBootSchema>;
