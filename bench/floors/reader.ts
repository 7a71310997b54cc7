// Floor: reading the model's streams over the network and nothing else: fetch, eventsource-parser, each delta's JSON.
// Prints {deltas, cpuMs}. Usage: reader.ts <model address> <message> <sessions> <answers>
import { createParser } from "eventsource-parser";
import { messagesRequest } from "../harness/model-request.ts";

const [model = "", message = "", sessions = "1", answers = "1"] = process.argv.slice(2);

async function readOnce(): Promise<number> {
  const { headers, body } = messagesRequest(message);
  const response = await fetch(new URL("/v1/messages", model), { method: "POST", headers, body });
  let deltas = 0;
  const parser = createParser({
    onEvent(event) {
      if (event.event === "content_block_delta") deltas += JSON.parse(event.data).delta.text === "" ? 0 : 1;
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  return deltas;
}

async function readAll(each: number): Promise<number> {
  const counts = await Promise.all(
    Array.from({ length: Number(sessions) }, async () => {
      let deltas = 0;
      for (let n = 0; n < each; n += 1) deltas += await readOnce();
      return deltas;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

await readAll(1);
const before = process.cpuUsage();
const deltas = await readAll(Number(answers));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ deltas, cpuMs: (user + system) / 1000 }));
