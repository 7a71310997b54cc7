// The load: the same question to a model address (Messages API over SSE) or to a WebSocket (ours, the relay), timed from
// the moment it is sent. The clients read as little as they can, so that they cost both sides the same.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { WebSocket } from "ws";
import { messagesRequest } from "./model-request.ts";

export interface Timing {
  firstMs: number;
  doneMs: number;
  deltas: number;
}

export interface Client {
  ask(session: string, message: string): Promise<Timing>;
  close(): void;
}

const deltaMark = "event: content_block_delta";

/** Calls a model, or the pipe before it. */
export function createSseClient(address: string): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    ask(_, message) {
      const { headers, body } = messagesRequest(message);
      return new Promise((resolve, reject) => {
        const sentMs = performance.now();
        let firstMs = 0;
        let deltas = 0;
        let carry = "";
        const outgoing = request(new URL("/v1/messages", address), { method: "POST", headers, agent });
        outgoing.once("response", (response) => {
          response.setEncoding("utf8");
          response.on("data", (text: string) => {
            const seen = carry + text;
            deltas += seen.split(deltaMark).length - 1;
            carry = seen.slice(
              Math.max(seen.lastIndexOf(deltaMark) + deltaMark.length, seen.length - deltaMark.length),
            );
            if (deltas > 0 && firstMs === 0) firstMs = performance.now() - sentMs;
          });
          response.once("end", () => resolve({ firstMs, doneMs: performance.now() - sentMs, deltas }));
          response.once("error", reject);
        });
        outgoing.once("error", reject);
        outgoing.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

interface Asked {
  sentMs: number;
  firstMs: number;
  deltas: number;
  resolve: (timing: Timing) => void;
  reject: (error: Error) => void;
}

/** One socket; one question at a time. Throws when the server reports an error or closes. */
export async function openSocketClient(address: string, path: string): Promise<Client> {
  const socket = new WebSocket(new URL(path, address.replace("http", "ws")), { perMessageDeflate: false });
  await once(socket, "open");
  let asked: Asked | null = null;
  socket.on("message", (data: Buffer) => {
    if (!asked) return;
    const type = data.subarray(9, 14).toString("latin1");
    if (type === 'text"') {
      asked.deltas += 1;
      if (asked.firstMs === 0) asked.firstMs = performance.now() - asked.sentMs;
    } else if (type === 'done"') {
      const { firstMs, deltas, sentMs, resolve } = asked;
      asked = null;
      resolve({ firstMs, doneMs: performance.now() - sentMs, deltas });
    } else if (type === "error") asked.reject(new Error(String(data)));
  });
  socket.on("close", (code, reason) => asked?.reject(new Error(`the socket was closed: ${code} ${reason}`)));
  return {
    ask(session, message) {
      return new Promise((resolve, reject) => {
        const frame = JSON.stringify({ type: "chat", session_id: session, message });
        asked = { sentMs: performance.now(), firstMs: 0, deltas: 0, resolve, reject };
        socket.send(frame);
      });
    },
    close: () => socket.terminate(),
  };
}
