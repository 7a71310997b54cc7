// The configuration's one schema. Order of the sources: flag > environment > .env > config.yaml > default; the server
// reads them in one place (apps/server/src/config.ts) and reports every problem at once.
import { z } from "zod";
import { nameSchema } from "./task.ts";
import { apiKeyShape, apiKeyWish, providerStyles } from "./worker.ts";

const ms = z.int().positive();

export const agentConfigSchema = z.strictObject({
  engine: z
    .enum(["builtin", "echo"])
    .default("builtin")
    .describe("what thinks: builtin, or echo (the reference engine)"),
  model: z.string().min(1).optional().describe("model of this agent; default: the provider's model"),
});

type AgentConfig = z.output<typeof agentConfigSchema>;

export const configSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("address to listen on"),
  port: z.int().min(0).max(65535).default(7000).describe("port of page, API and WebSocket; 0 takes a free one"),
  auth: z.enum(["on", "off"]).default("on").describe("off only together with a loopback address"),
  driver: z.enum(["process"]).default("process").describe("how workers are made"),
  provider: z
    .strictObject({
      name: nameSchema.default("custom"),
      style: z.enum(providerStyles),
      baseUrl: z.url({ protocol: /^https?$/, error: "must be an http(s) address" }),
      apiKey: z.string().min(1).regex(apiKeyShape, apiKeyWish),
      model: z.string().min(1),
    })
    .optional()
    .describe("the model provider; usually set by ANTHROPIC_API_KEY, OPENAI_API_KEY or API_KEY, or in the page"),
  agents: z
    .record(nameSchema, agentConfigSchema)
    .default({})
    .transform((agents): Record<string, AgentConfig> => ({ default: agentConfigSchema.parse({}), ...agents }))
    .describe("named agents; `default` exists always"),
  limits: z
    .strictObject({
      maxSteps: z.int().min(1).max(1000).default(100).describe("model calls of one task at most"),
      idleTimeoutMs: ms.default(300_000).describe("a task without any event for so long has failed"),
      totalTimeoutMs: ms.default(7_200_000).describe("a task may take so long as a whole"),
      queuedPerSession: z.int().min(1).default(100).describe("waiting messages per session at most"),
    })
    .prefault({}),
  workers: z
    .strictObject({
      max: z.int().min(1).max(64).default(4).describe("worker processes at most"),
      sessionsPerWorker: z.int().min(1).default(64).describe("active sessions of one worker at most"),
      orphanExitMs: ms.default(600_000).describe("workers and gateway end themselves after so long without a hub"),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      mode: z.enum(["auto", "none"]).default("auto").describe("auto: bubblewrap where it works; none: never"),
      network: z.boolean().default(false).describe("whether commands of agents reach the network"),
    })
    .prefault({}),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
export type ProviderConfig = NonNullable<Config["provider"]>;
