// Whether a provider takes this key: its list of models is asked for, and where there is none, one token.
import { createRedactor } from "@anywork/guard";
import type { CheckRequest, CheckResult, ErrorCode } from "@anywork/protocol";

const timeoutMs = 15_000;
const maxReplyBytes = 1024 * 1024;
const maxMessageLength = 500;

interface Reply {
  status: number;
  body: unknown;
}

/** Never throws: what goes wrong is the result, in the provider's own words where it has some. */
export async function checkProvider(request: CheckRequest): Promise<CheckResult> {
  const result = await tryOut(request);
  // A provider may repeat the key in what it says against it.
  return result.ok ? result : { ...result, message: createRedactor([request.api_key])(result.message) };
}

async function tryOut(request: CheckRequest): Promise<CheckResult> {
  try {
    const listed = await call(request, "GET", "/models");
    const models = listed.status === 200 ? modelIds(listed.body) : [];
    if (listed.status === 401 || listed.status === 403) return refused(listed);
    const model = request.model ?? preferred(models);
    if (model !== undefined && models.includes(model)) return { ok: true, model, models };
    if (model === undefined) return noModel(listed);
    const asked = await askOneToken(request, model);
    return asked.status === 200 ? { ok: true, model, models } : refused(asked);
  } catch (thrown) {
    return unreachable(request, thrown);
  }
}

function askOneToken(request: CheckRequest, model: string): Promise<Reply> {
  const path = request.style === "anthropic" ? "/messages" : "/chat/completions";
  return call(request, "POST", path, { model, max_tokens: 1, messages: [{ role: "user", content: "hi" }] });
}

async function call({ style, base_url, api_key }: CheckRequest, method: string, path: string, body?: object) {
  const key = style === "anthropic" ? { "x-api-key": api_key } : { authorization: `Bearer ${api_key}` };
  const response = await fetch(base_url.replace(/\/+$/, "") + path, {
    method,
    // A redirect would carry the key to another host.
    redirect: "manual",
    headers: {
      ...key,
      ...(style === "anthropic" && { "anthropic-version": "2023-06-01" }),
      "content-type": "application/json",
    },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: parseJson(await readText(response)) };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxReplyBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `{data:[{id}]}` in both styles. */
function modelIds(body: unknown): string[] {
  const data = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return [];
  return data.map((model) => (model as { id?: unknown }).id).filter((id) => typeof id === "string");
}

const preferred = (models: string[]) => models.find((id) => id.includes("sonnet")) ?? models[0];

function refused({ status, body }: Reply): CheckResult {
  const [code, hint] = explain(status);
  return { ok: false, code, message: providerWords(body) || `the provider answered ${status}`, ...(hint && { hint }) };
}

function explain(status: number): [ErrorCode, string?] {
  if (status === 401 || status === 403) return ["provider_auth", "Check the key, and that it belongs to this address."];
  if (status === 402) return ["provider_quota", "Check the credit of the provider's account."];
  if (status === 404) return ["model_not_found", "Check the model's name and the address."];
  if (status === 429) return ["provider_rate_limited", "Wait a minute and try again."];
  if (status >= 300 && status < 400) return ["provider_error", "Give the address that this one redirects to."];
  return ["provider_error"];
}

/** Anthropic and OpenAI: {error:{message}}; others: {message}, {detail}, or plain text. */
function providerWords(body: unknown): string {
  const found = body as { error?: { message?: unknown } | string; message?: unknown; detail?: unknown } | null;
  const nested = typeof found?.error === "object" ? found.error?.message : found?.error;
  const words = typeof body === "string" ? body.replace(/<[^>]*>/g, " ") : (nested ?? found?.message ?? found?.detail);
  return typeof words === "string" ? words.trim().slice(0, maxMessageLength) : "";
}

function noModel(listed: Reply): CheckResult {
  const hint = "Name a model: this provider does not list its own.";
  if (listed.status !== 200) return { ...refused(listed), hint } as CheckResult;
  return { ok: false, code: "model_not_found", message: "the provider lists no models", hint };
}

function unreachable({ base_url }: CheckRequest, thrown: unknown): CheckResult {
  const { cause, message } = thrown as Error;
  const why = cause instanceof Error ? cause.message : message;
  return {
    ok: false,
    code: "provider_unreachable",
    message: `${new URL(base_url).host} cannot be reached: ${why}`,
    hint: "Check the address and this machine's network.",
  };
}
