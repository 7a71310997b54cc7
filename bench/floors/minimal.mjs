// Floor: the minimal server, for start and memory: http, a WebSocket, SQLite opened. Plain JavaScript, so that it pays for
// nothing that a built program does not. Usage: minimal.mjs <database file>
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { WebSocketServer } from "ws";

const database = new DatabaseSync(process.argv[2] ?? ":memory:");
database.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, content TEXT)");
const count = database.prepare("SELECT count(*) AS rows FROM log");
const server = createServer((_, response) => response.end(JSON.stringify(count.get())));
new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
process.once("SIGTERM", () => process.exit(0));
