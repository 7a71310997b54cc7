import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeTextFrames } from "./websocket-frames.ts";

const server = createServer();
afterEach(() => server.close());

it("a client reads texts of every length, ASCII or not, as they were", async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
  const batches = ["x", "é", "🧑‍🚀"].map((text) =>
    lengths.map((length) => text.repeat(length).slice(0, length).toWellFormed()),
  );
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (_, { socket }) => {
    for (const texts of batches) socket.write(encodeTextFrames(texts));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    client.on("message", (data, isBinary) => {
      expect(isBinary).toBe(false);
      if (seen.push(String(data)) === lengths.length * batches.length) resolve();
    });
  });
  client.terminate();
  expect(seen).toEqual(batches.flat());
});
