// fetch over a Unix socket (node:http): the way from a worker to the gateway. Hot path: the response's chunks are handed
// on as they come, nothing is copied or decoded.
import { Agent, type IncomingMessage, request } from "node:http";

/**
 * A fetch whose every request goes to the socket, whatever the URL's host. Text and bytes as body, no redirects. Connections
 * are kept alive. Network errors reject with TypeError "fetch failed" as the global fetch's do; cause is the system's error.
 */
export function createUnixFetch(socketPath: string): typeof fetch {
  const agent = new Agent({ keepAlive: true });
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { signal, method = "GET", body } = init;
    signal?.throwIfAborted();
    const headers = Object.fromEntries(new Headers(init.headers));
    return new Promise<Response>((resolve, reject) => {
      const outgoing = request({ agent, socketPath, method, headers, path: url.pathname + url.search });
      const abort = () => outgoing.destroy(toError(signal?.reason));
      signal?.addEventListener("abort", abort, { once: true });
      outgoing.once("close", () => signal?.removeEventListener("abort", abort));
      outgoing.on("error", (cause) => {
        reject(signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause }));
      });
      outgoing.once("response", (incoming) => resolve(toResponse(incoming, signal ?? undefined)));
      outgoing.end(body);
    });
  };
}

const bodyless = new Set([204, 205, 304]);

function toResponse(incoming: IncomingMessage, signal: AbortSignal | undefined): Response {
  const status = incoming.statusCode ?? 502;
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  }
  if (bodyless.has(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(toWebStream(incoming, signal), { status, headers });
}

function toWebStream(incoming: IncomingMessage, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let settled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.on("data", (chunk: Buffer) => {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.once("end", () => {
          settled = true;
          controller.close();
        });
        const fail = (cause?: Error) => {
          if (settled) return;
          settled = true;
          const broken = () => new TypeError("terminated", { cause: cause ?? new Error("the connection was closed") });
          controller.error(signal?.aborted ? signal.reason : broken());
        };
        incoming.once("error", fail);
        incoming.once("close", () => fail());
      },
      pull: () => void incoming.resume(),
      cancel() {
        settled = true;
        incoming.destroy();
      },
    },
    { highWaterMark: 32 },
  );
}

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
