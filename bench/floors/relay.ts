// Floor: a minimal relay. A message comes over a WebSocket, the model is called, its SSE parsed, each delta sent as one
// frame and logged as one row; the rows of a tick share a transaction with a full sync, and `done` waits for it.
// Usage: relay.ts <model address> <database file>
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { createParser } from "eventsource-parser";
import { type WebSocket, WebSocketServer } from "ws";
import { messagesRequest } from "../harness/model-request.ts";
import { listen } from "./listen.ts";

const [model = "", file = ":memory:"] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
database.exec("CREATE TABLE log (id INTEGER PRIMARY KEY, session TEXT, type TEXT, content TEXT)");
const insert = database.prepare("INSERT INTO log (session, type, content) VALUES (?, ?, ?)");
let waiting: [session: string, type: string, content: string][] = [];

function append(session: string, type: string, content: string): void {
  waiting.push([session, type, content]);
  if (waiting.length === 1) setImmediate(flush);
}

function flush(): void {
  if (waiting.length === 0) return;
  database.exec("BEGIN");
  for (const row of waiting) insert.run(...row);
  database.exec("COMMIT");
  waiting = [];
}

async function answer(socket: WebSocket, session: string, message: string): Promise<void> {
  append(session, "user", message);
  flush();
  const { headers, body } = messagesRequest(message);
  const response = await fetch(new URL("/v1/messages", model), { method: "POST", headers, body });
  const parser = createParser({
    onEvent(event) {
      if (event.event !== "content_block_delta") return;
      const { delta } = JSON.parse(event.data) as { delta: { text: string } };
      append(session, "text", delta.text);
      socket.send(JSON.stringify({ type: "text", content: delta.text, session_id: session }));
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  append(session, "done", "");
  flush();
  socket.send(JSON.stringify({ type: "done", content: "", session_id: session }));
}

const server = createServer((_, response) => response.end("ok"));
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
  socket.on("message", (data) => {
    const { session_id: session, message } = JSON.parse(String(data)) as { session_id: string; message: string };
    answer(socket, session, message).catch((error: unknown) => socket.close(1011, String(error).slice(0, 100)));
  });
});
listen(server);
