// Floor: a raw pipe proxy. Bytes to the model, bytes back, nothing read. Usage: pipe.ts <model address>
import { Agent, createServer, request } from "node:http";
import { listen } from "./listen.ts";

const agent = new Agent({ keepAlive: true });
const model = process.argv[2] ?? "";

const server = createServer((incoming, response) => {
  const { method = "GET", url = "/", headers } = incoming;
  const outgoing = request(new URL(url, model), { method, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
});
listen(server);
