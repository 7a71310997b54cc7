// HTTP as the bytes say it: any header (Host, Origin), any target form, any body; nothing is added or followed.
import { type IncomingHttpHeaders, request } from "node:http";
import { api, type ErrorBody, errorBodySchema, type Reply, type RouteName } from "@anywork/protocol";

export type Headers = Record<string, string | string[] | undefined>;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as the route table promises it, checked; throws on a refusal. */
  reply<N extends RouteName>(route: N): Reply<N>;
  /** The refusal that the body is; throws when it is none. */
  refusal(): ErrorBody["error"];
}

export interface Question {
  port: number;
  method: string;
  /** The request target as it is sent. */
  path: string;
  /** A text or bytes go as they are, anything else as JSON; undefined: none. */
  body?: unknown;
  /** An undefined one is not sent. */
  headers?: Headers;
}

export function ask({ port, method, path, body, headers = {} }: Question): Promise<Answer> {
  const bytes =
    body === undefined
      ? undefined
      : Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const all: Headers = { ...(bytes && { "content-type": "application/json" }), ...headers };
  const sent = Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, method, path, headers: sent, agent: false, setHost: !("host" in all) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve(answer(response.statusCode ?? 0, response.headers, text));
        });
      },
    );
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(answer(101, response.headers, ""));
    });
    asked.on("error", reject);
    asked.end(bytes);
  });
}

function answer(status: number, headers: IncomingHttpHeaders, text: string): Answer {
  return {
    status,
    headers,
    text,
    reply<N extends RouteName>(route: N): Reply<N> {
      if (status !== api[route].status) throw new Error(`${route} answered ${status}: ${text.slice(0, 2_000)}`);
      return api[route].reply.parse(JSON.parse(text)) as Reply<N>;
    },
    refusal() {
      if (status < 400) throw new Error(`no refusal but ${status}: ${text.slice(0, 2_000)}`);
      return errorBodySchema.parse(JSON.parse(text)).error;
    },
  };
}
