import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModelSim } from "./index.ts";

const sim = createModelSim({ demoPaceMs: 0, models: ["sim", "sim-2"], keys: ["good"] });
let client: OpenAI;

beforeAll(async () => {
  const { url } = await sim.listen({ port: 0 });
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "good", maxRetries: 0 });
});
afterAll(() => sim.close());

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;
const tools: OpenAI.ChatCompletionTool[] = [{ type: "function", function: { name: "bash" } }];
const ask = (content: string): Body => ({ model: "sim", tools, messages: [{ role: "user", content }] });
const create = (content: string) => client.chat.completions.create(ask(content));

async function chunksOf(content: string): Promise<OpenAI.ChatCompletionChunk[]> {
  const options = { stream: true, stream_options: { include_usage: true } } as const;
  return gather(await client.chat.completions.create({ ...ask(content), ...options }));
}
async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}
const textOf = (chunks: OpenAI.ChatCompletionChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");

describe("the official OpenAI client", () => {
  it("streams text: role first, deltas, finish reason, usage", async () => {
    const chunks = await chunksOf("[[usage:in=10,out=5,cache_read=3]][[text:Hello there]]");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).filter(Boolean)).toEqual(["Hello", " there"]);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 13, completion_tokens: 5, total_tokens: 18, prompt_tokens_details: { cached_tokens: 3 } },
    });
  });

  it("sends no usage on the stream unless asked", async () => {
    const stream = await client.chat.completions.create({ ...ask("[[text:x]]"), stream: true });
    const chunks = await gather(stream);
    expect(chunks.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1)).toBe(true);
  });

  it("gets parallel tool calls, streamed and whole", async () => {
    const args = { command: "[[ -f a ]] && echo 'ü 🦊 and some more'" };
    const prompt = `[[text:Both.]][[tool:bash ${JSON.stringify(args)}]][[tool:bash {"command":"pwd"}]]`;
    const streamed = await client.chat.completions.stream({ ...ask(prompt), stream: true }).finalChatCompletion();
    const whole = await create(prompt);
    for (const { choices } of [streamed, whole]) {
      const calls = (choices[0]?.message.tool_calls ?? []).filter((call) => call.type === "function");
      expect(calls.map((call) => JSON.parse(call.function.arguments))).toEqual([args, { command: "pwd" }]);
      expect(choices[0]?.message.content).toBe("Both.");
      expect(choices[0]?.finish_reason).toBe("tool_calls");
    }
  });

  it("gets reasoning beside the content", async () => {
    const chunks = await chunksOf("[[reasoning:Let me think]][[text:Yes]]");
    const reasoning = chunks.map(
      ({ choices }) => (choices[0]?.delta as { reasoning_content?: string })?.reasoning_content,
    );
    expect(reasoning.filter(Boolean).join("")).toBe("Let me think");
    expect(textOf(chunks)).toBe("Yes");
  });

  it("walks the steps by rounds of tool results and ends with a short text", async () => {
    const prompt = '[[tool:bash {"command":"1"}]][[tool:bash {"command":"2"}]][[step]][[tool:bash {"command":"3"}]]';
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: prompt }];
    const rounds: number[] = [];
    for (;;) {
      const { choices } = await client.chat.completions.create({ ...ask(prompt), messages });
      const message = choices[0]?.message;
      if (message === undefined) throw new Error("a message was expected");
      messages.push(message);
      if (message.tool_calls === undefined) break;
      rounds.push(message.tool_calls.length);
      for (const { id } of message.tool_calls) messages.push({ role: "tool", tool_call_id: id, content: "ok" });
    }
    expect(rounds).toEqual([2, 1]);
    expect(messages.at(-1)?.content).toBe("Done.");
  });

  it("says why it stopped", async () => {
    expect((await create("[[stop:max_tokens]][[text:x]]")).choices[0]?.finish_reason).toBe("length");
  });

  it("sees every scripted status as the provider's own error", async () => {
    const failure = (content: string) => create(content).catch((error: unknown) => error);
    const limited = await failure("[[429:retry-after=2]]");
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect(limited instanceof OpenAI.APIError && limited.headers?.get("retry-after")).toBe("2");
    expect(limited).toMatchObject({ code: "rate_limit_exceeded" });
    expect(await failure("[[500]]")).toMatchObject({ status: 500, type: "server_error" });
    expect(await failure("[[529]]")).toMatchObject({ status: 529 });
    expect(await failure("[[auth]]")).toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  it("is refused with a wrong key, with none, and for an unknown model", async () => {
    const wrong = await client
      .withOptions({ apiKey: "bad" })
      .models.list()
      .catch((error: unknown) => error);
    expect(wrong).toMatchObject({ status: 401, code: "invalid_api_key" });
    const without = await fetch(`${sim.url}/v1/models`);
    expect(without.status).toBe(401);
    const unknown = await client.chat.completions
      .create({ ...ask("x"), model: "other" })
      .catch((error: unknown) => error);
    expect(unknown).toMatchObject({ status: 404, code: "model_not_found" });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["sim", "sim-2"]);
    expect((await client.models.retrieve("sim-2")).id).toBe("sim-2");
  });

  it("throws when the stream is cut, broken or ends in an error", async () => {
    await expect(chunksOf("[[tokens:10]][[cut:3]]")).rejects.toThrow();
    await expect(chunksOf("[[tokens:10]][[malformed]]")).rejects.toThrow();
    await expect(chunksOf("[[tokens:10]][[error:2]]")).rejects.toThrow(/overloaded/);
  });

  it("reads through split frames, split code points and CRLF unharmed", async () => {
    const text = "Grüße, 世界 🦊🦊 ende";
    for (const form of ["[[split]]", "[[split:1]]", "[[crlf]]", "[[crlf]][[split:5]]"]) {
      expect(textOf(await chunksOf(`${form}[[text:${text}]]`))).toBe(text);
    }
  });
});

describe("requests that OpenAI would refuse", () => {
  const call = { id: "call_1", type: "function", function: { name: "bash", arguments: "{}" } };
  const cases: [string, Record<string, unknown>, string | null][] = [
    ["no model", { model: undefined }, null],
    ["no messages", { messages: undefined }, "messages"],
    ["empty messages", { messages: [] }, "messages"],
    ["a foreign role", { messages: [{ role: "robot", content: "x" }] }, "messages[0].role"],
    [
      "a tool message out of nowhere",
      { messages: [{ role: "tool", tool_call_id: "x", content: "y" }] },
      "messages.[0].role",
    ],
    [
      "a tool call without result",
      {
        messages: [
          { role: "assistant", tool_calls: [call] },
          { role: "user", content: "x" },
        ],
      },
      "messages.[1].role",
    ],
    ["a tool without function", { tools: [{ type: "function" }] }, "tools[0].function"],
  ];
  it.each(cases)("%s is 400 in its own form", async (_what, change, param) => {
    const body = { ...ask("hi"), ...change } as unknown as Body;
    const error = await client.chat.completions.create(body).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ type: "invalid_request_error", param });
  });
});
