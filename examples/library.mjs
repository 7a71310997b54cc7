// The agent as a library: a model, tools and a folder, no hub.
//
//   node examples/library.mjs                                  with the simulator: a scripted model, no key needed
//   ANTHROPIC_API_KEY=… node examples/library.mjs "Write a haiku into haiku.txt"
//   OPENAI_API_KEY=…    node examples/library.mjs "Which files are here?" --model gpt-5-mini
//   API_KEY=… API_BASE_URL=http://localhost:8000/v1 node examples/library.mjs "Hello" --style openai --model my-model
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createAgent } from "@anywork/agent";
import { createModelSim } from "@anywork/model-sim";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { style: { type: "string" }, model: { type: "string" }, workspace: { type: "string" } },
});

const scripted = `Make a file that says hello and run it.
[[text:I write a small program.]] [[tool:write {"path":"hello.mjs","content":"console.log('hello from a file')\\n"}]]
[[step]] [[tool:bash {"command":"node hello.mjs"}]]
[[step]] [[text:Done: hello.mjs says hello.]]`;

const { settings, model, message, close } = await chooseModel(process.env);
const workspace = values.workspace ?? (await mkdtemp(join(tmpdir(), "anywork-library-")));
const agent = createAgent({ provider: settings, model: values.model ?? model, workspace });

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());

for await (const event of agent.run(message, { signal: interrupt.signal })) {
  if (event.type === "text") process.stdout.write(event.content);
  if (event.type === "tool_call") console.log(`\n→ ${event.content} ${JSON.stringify(event.metadata.args)}`);
  if (event.type === "tool_result") console.log(event.content.trimEnd());
  if (event.type === "error") console.error(`\n${event.content} ${event.metadata.hint ?? ""}`);
  if (event.type === "done") {
    console.log(`\n${event.metadata.status} after ${event.metadata.num_turns} model calls, in ${workspace}`);
    process.exitCode = event.metadata.status === "completed" ? 0 : 1;
  }
}
await agent.close();
await close();

/** A provider whose key is in the environment, else the simulator. */
async function chooseModel(env) {
  const message = positionals.join(" ") || "Which files are in your workspace?";
  const close = async () => undefined;
  if (env.API_KEY && env.API_BASE_URL) {
    const style = values.style ?? "openai";
    return { settings: { style, baseUrl: env.API_BASE_URL, apiKey: env.API_KEY }, model: env.MODEL, message, close };
  }
  if (env.ANTHROPIC_API_KEY) {
    const baseUrl = env.ANTHROPIC_BASE_URL ?? "https://api.anthropic.com/v1";
    const settings = { style: "anthropic", baseUrl, apiKey: env.ANTHROPIC_API_KEY };
    return { settings, model: "claude-sonnet-4-5", message, close };
  }
  if (env.OPENAI_API_KEY) {
    const baseUrl = env.OPENAI_BASE_URL ?? "https://api.openai.com/v1";
    return { settings: { style: "openai", baseUrl, apiKey: env.OPENAI_API_KEY }, model: "gpt-5", message, close };
  }
  const sim = createModelSim();
  const { url } = await sim.listen({ port: 0 });
  console.log("No key in the environment: the simulator answers, not a model.\n");
  const settings = { style: "anthropic", baseUrl: `${url}/v1`, apiKey: "simulator" };
  return { settings, model: "sim", message: positionals.join(" ") || scripted, close: () => sim.close() };
}
