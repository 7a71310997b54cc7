// The HTTP side: listens, records each request as it came, and hands it to answer.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { AnyWorkError } from "@anywork/protocol";
import { type AnswerOptions, createAnswerer, maxBodyBytes, type RecordedRequest } from "./answer.ts";

export interface ModelSimOptions extends AnswerOptions {
  /** Called with each request before it is answered. */
  onRequest?: (request: RecordedRequest) => void;
  /** How many requests `requests` keeps, the newest. Default 1000. */
  keepRequests?: number;
}

export type ListenOptions = { port: number; host?: string } | { socket: string };

export interface ModelSim {
  /** Throws AnyWorkError `port_in_use`, or `unavailable` for any other reason. On a socket, `port` is 0. */
  listen(options: ListenOptions): Promise<{ url: string; port: number }>;
  /** Ends every open answer and connection. */
  close(): Promise<void>;
  readonly requests: readonly RecordedRequest[];
  /** `http://host:port` or `unix:/path`; empty while not listening. */
  readonly url: string;
}

/**
 * A scripted model server for Anthropic Messages and OpenAI Chat Completions. The same request gives the same bytes.
 * Directives in the last user message choose the answer: `[[text:Hi]]`, `[[tokens:200]]`, `[[delay:20]]`,
 * `[[tool:bash {"command":"ls"}]]`, `[[step]]`, `[[429:retry-after=2 x1]]`, `[[cut:3]]`, …; README.md lists them all.
 */
export function createModelSim(options: ModelSimOptions = {}): ModelSim {
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();
  const answer = createAnswerer(options, closing.signal);
  const keep = options.keepRequests ?? 1000;
  let url = "";

  const server = createServer((request, response) => {
    response.sendDate = false;
    response.on("error", () => response.destroy());
    void receive(request, response).catch((error: unknown) => fail(response, error));
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 120_000; // longer than any client's pool keeps a connection: no race at its end

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const recorded = record(request, body);
    requests.push(recorded);
    if (requests.length > keep) requests.shift();
    options.onRequest?.(recorded);
    await answer(recorded, body, response);
  }

  return {
    requests,
    get url() {
      return url;
    },
    async listen(where) {
      await startListening(server, where);
      const address = server.address();
      if (address === null || typeof address === "string") {
        url = `unix:${address}`;
        return { url, port: 0 };
      }
      url = `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
      return { url, port: address.port };
    },
    async close() {
      closing.abort();
      url = "";
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function startListening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(listenError(where, cause));
    server.once("error", fail);
    const ready = (): void => {
      server.off("error", fail);
      resolve();
    };
    if ("socket" in where) server.listen(where.socket, ready);
    else server.listen(where.port, where.host ?? "127.0.0.1", ready);
  });
}

function listenError(where: ListenOptions, cause: NodeJS.ErrnoException): AnyWorkError {
  const place = "socket" in where ? where.socket : `port ${where.port}`;
  if (cause.code === "EADDRINUSE") {
    const hint = "Choose another one, or 0 for any free port.";
    return new AnyWorkError("port_in_use", `The model simulator cannot listen: ${place} is in use.`, { hint, cause });
  }
  return new AnyWorkError("unavailable", `The model simulator cannot listen on ${place}: ${cause.message}`, { cause });
}

/** The body as text; reading stops a little after the limit, and answer.ts then refuses it. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBodyBytes) break;
  }
  request.resume(); // what is over the limit is read and dropped, so that the client hears the answer
  return Buffer.concat(chunks).toString();
}

function record(request: IncomingMessage, text: string): RecordedRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  return {
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers,
    body: parsedOrText(text),
    aborted: false,
  };
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A client gone while its body was read leaves nothing to answer; anything else is a defect of ours and is said. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(500, { "content-type": "text/plain" });
  response.end(`model-sim failed: ${error instanceof Error ? error.stack : String(error)}\n`);
}
