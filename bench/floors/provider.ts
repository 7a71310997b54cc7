// Our provider layer alone: its events read off recorded bytes, without network, worker or hub. Prints {deltas, cpuMs}.
// Usage: provider.ts <recorded file> <deltas>
import { readFileSync } from "node:fs";
import { createProvider } from "@anywork/agent";
import { chunksOf } from "../harness/recording.ts";

const [file = "", wanted = "0"] = process.argv.slice(2);
const chunks = chunksOf(readFileSync(file));
const headers = { "content-type": "text/event-stream" };
const provider = createProvider({
  style: "anthropic",
  baseUrl: "http://recorded/v1",
  apiKey: "recorded",
  fetch: async () => new Response(ReadableStream.from(chunks), { headers }),
});
const request = { model: "recorded", system: "", messages: [{ role: "user" as const, content: "Go" }], tools: [] };

async function readOnce(): Promise<number> {
  let deltas = 0;
  for await (const event of provider.stream(request, new AbortController().signal)) {
    if (event.type === "text") deltas += 1;
  }
  return deltas;
}

await readOnce();
const before = process.cpuUsage();
let deltas = 0;
while (deltas < Number(wanted)) deltas += await readOnce();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ deltas, cpuMs: (user + system) / 1000 }));
