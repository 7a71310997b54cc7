// Floor: what reading the model's stream costs at the least. Decodes and parses recorded bytes again and again in one
// process and prints {deltas, cpuMs}. Usage: parse.ts <recorded file> <deltas> [--json: also reads each delta's JSON]
import { readFileSync } from "node:fs";
import { createParser } from "eventsource-parser";
import { chunksOf } from "../harness/recording.ts";

const [file = "", wanted = "0", option] = process.argv.slice(2);
const chunks = chunksOf(readFileSync(file));
let deltas = 0;
let characters = 0;

function parseOnce(): void {
  const parser = createParser({
    onEvent(event) {
      if (event.event !== "content_block_delta") return;
      deltas += 1;
      if (option === "--json") characters += (JSON.parse(event.data) as { delta: { text: string } }).delta.text.length;
    },
  });
  const decoder = new TextDecoder();
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
}

parseOnce();
deltas = 0;
const before = process.cpuUsage();
while (deltas < Number(wanted)) parseOnce();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ deltas, cpuMs: (user + system) / 1000, characters }));
