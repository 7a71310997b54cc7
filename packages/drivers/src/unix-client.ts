// HTTP to a process of ours over its Unix socket, on kept-alive connections, with its token.
import { Agent, type IncomingMessage, request } from "node:http";
import { AnyWorkError, errorBodySchema } from "@anywork/protocol";

export interface UnixClient {
  /** The reply's JSON. Throws the reply's own AnyWorkError, or worker_lost when there was none. */
  json(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  /** The reply as it comes, once its status was 200. Throws like json. */
  open(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

export function createUnixClient(process: { id: string; address: string; token: string }): UnixClient {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 8, timeout: 0 });

  function open(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<IncomingMessage> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent,
        socketPath: process.address,
        method,
        path,
        ...(signal && { signal }),
        headers: {
          host: "localhost",
          authorization: `Bearer ${process.token}`,
          ...(bytes && { "content-type": "application/json", "content-length": bytes.length }),
        },
      });
      outgoing.once("error", (cause) => reject(lost(process.id, cause)));
      outgoing.once("response", (response) => {
        if (response.statusCode === 200) resolve(response);
        else readAll(response).then((text) => reject(refusal(process.id, response.statusCode ?? 0, text)), reject);
      });
      outgoing.end(bytes);
    });
  }

  async function json(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const response = await open(method, path, body, signal);
    try {
      return JSON.parse(await readAll(response));
    } catch (cause) {
      throw lost(process.id, cause);
    }
  }

  return { json, open, close: () => agent.destroy() };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function lost(id: string, cause: unknown): AnyWorkError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AnyWorkError("worker_lost", `the connection to ${id} broke: ${why}`, { cause });
}

function refusal(id: string, status: number, text: string): AnyWorkError {
  try {
    const { error } = errorBodySchema.parse(JSON.parse(text));
    const { code, message, hint, field } = error;
    return new AnyWorkError(code, message, { ...(hint && { hint }), ...(field && { field }) });
  } catch (cause) {
    return new AnyWorkError("worker_lost", `${id} answered ${status} without saying why`, { cause });
  }
}
