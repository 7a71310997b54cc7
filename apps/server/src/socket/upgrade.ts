// The way onto a socket: judged like any request, before the upgrade (RFC 6455, 4.2), then handed to a connection.
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { AnyWorkError, errorBody, toAnyWorkError } from "@anywork/protocol";
import { WebSocketServer } from "ws";
import type { Access } from "../auth/access.ts";
import { type ConnectionDeps, createConnection } from "./connection.ts";

const maxFrameBytes = 1024 * 1024;
const pingMs = 15_000;

export interface Sockets {
  /** Tells every client to come back and closes. */
  close(): void;
}

export function serveSockets(server: Server, access: Access, deps: ConnectionDeps): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Only the origin form of this one path; a query could only carry a secret into logs.
    if (request.url !== "/ws") throw new AnyWorkError("not_found", "The socket is at /ws.");
    const { host, origin, authorization, cookie } = request.headers;
    const asked = { host, origin, authorization, cookie };
    access.assertPlace(asked);
    if (!(await access.isOwner(asked))) throw new AnyWorkError("unauthorized", "Sign in first.");
    sockets.handleUpgrade(request, socket, head, (client) => {
      let isAlive = true;
      const connection = createConnection(client, socket, deps);
      client.on("pong", () => {
        isAlive = true;
      });
      // A half-open link is let go after two pings without an answer.
      const timer = setInterval(() => {
        if (!isAlive) return client.terminate();
        isAlive = false;
        client.ping();
      }, pingMs);
      client.on("message", (data, isBinary) => connection.receive(isBinary ? null : String(data)));
      // The library says why (too large, no UTF-8) in its close frame, and closes.
      client.on("error", () => undefined);
      client.on("close", () => {
        clearInterval(timer);
        connection.end();
      });
    });
  }

  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => refuse(socket, toAnyWorkError(error)));
  });

  return {
    close() {
      for (const client of sockets.clients) client.close(1012, "the hub restarts; come back with your cursor");
      sockets.close();
    },
  };
}

function refuse(socket: Duplex, error: AnyWorkError): void {
  const status =
    error.code === "unauthorized" ? "401 Unauthorized" : error.code === "not_found" ? "404 Not Found" : "403 Forbidden";
  const body = JSON.stringify(errorBody(error));
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
