// The gateway's control protocol (hub → gateway, HTTP on its Unix socket, Authorization: Bearer <control token>).
// Workers use the other half: POST /v1/* with their per-task token; the gateway adds the provider's key.
import { z } from "zod";
import { providerStyles } from "./worker.ts";

/** Kept in the gateway's memory only. */
export const upstreamSchema = z.object({
  name: z.string(),
  style: z.enum(providerStyles),
  /** Address up to and with the version segment, e.g. https://api.anthropic.com/v1 */
  base_url: z.url(),
  api_key: z.string(),
});
export type Upstream = z.infer<typeof upstreamSchema>;

/** PUT /control/upstream: the provider that calls go to from now on; null takes it away. */
export const putUpstreamSchema = z.object({ upstream: upstreamSchema.nullable() });

/** PUT /control/tokens/:task_id {token, session_id}; DELETE /control/tokens/:task_id */
export const putTokenSchema = z.object({ token: z.string().min(32), session_id: z.string() });

/** One finished (or broken) model call, journaled by the gateway until the hub has settled it. */
export const gatewayUsageSchema = z.object({
  /** 1, 2, 3 … in this gateway's journal. */
  n: z.number().int(),
  task_id: z.string(),
  session_id: z.string(),
  model: z.string(),
  status: z.number().int(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cache_read_tokens: z.number().int(),
  cache_write_tokens: z.number().int(),
  first_byte_ms: z.number(),
  duration_ms: z.number(),
  at: z.string(),
});
export type GatewayUsage = z.infer<typeof gatewayUsageSchema>;
/** GET /control/usage?after=n → {usage:[…]} ; POST /control/usage/settled {n} forgets all up to n. */
export const gatewayUsageListSchema = z.object({ usage: z.array(gatewayUsageSchema) });

export const gatewayBootSchema = z.object({
  id: z.string(),
  home: z.string(),
  socket: z.string(),
  token: z.string(),
  version: z.string(),
  orphan_exit_ms: z.number().int().positive(),
});
export type GatewayBoot = z.infer<typeof gatewayBootSchema>;

/** POST /control/usage/settled */
export const settleUsageSchema = z.object({ n: z.number().int().nonnegative() });

export const checkRequestSchema = upstreamSchema.omit({ name: true }).extend({ model: z.string().optional() });
export type CheckRequest = z.infer<typeof checkRequestSchema>;
/** POST /control/check: one real call. ok:false carries the provider's own words. */
export const checkResultSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), model: z.string(), models: z.array(z.string()) }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), hint: z.string().optional() }),
]);
export type CheckResult = z.infer<typeof checkResultSchema>;
