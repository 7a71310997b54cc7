import type { Server } from "node:http";
import { AnyWorkError } from "@anywork/protocol";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";

export interface Listening {
  http: Server;
  /** The port that was taken. */
  port: number;
  close(): Promise<void>;
}

/** Throws port_in_use with what to do. */
export async function listen(app: Hono, { host, port }: { host: string; port: number }): Promise<Listening> {
  const http = createAdaptorServer({ fetch: app.fetch }) as Server;
  http.headersTimeout = 15_000;
  http.requestTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    http.listen({ host, port }, resolve);
  });
  const address = http.address();
  return {
    http,
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): AnyWorkError {
  if (error.code === "EADDRINUSE") {
    return new AnyWorkError("port_in_use", `Port ${port} on ${host} is used by another program.`, {
      hint: `Take another one: --port ${port + 1}`,
      cause: error,
    });
  }
  if (error.code === "EACCES" || error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new AnyWorkError("config_invalid", `AnyWork cannot listen on ${host}:${port}: ${error.message}`, {
      hint: "Choose another --host or --port.",
      cause: error,
    });
  }
  return new AnyWorkError("internal", error.message, { cause: error });
}
