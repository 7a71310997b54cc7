import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModelSim } from "./index.ts";

const sim = createModelSim({ demoPaceMs: 0 });
let client: Anthropic;

beforeAll(async () => {
  const { url } = await sim.listen({ port: 0 });
  client = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
});
afterAll(() => sim.close());

const tools: Anthropic.Tool[] = [{ name: "bash", input_schema: { type: "object" } }];
const ask = (content: string, messages: Anthropic.MessageParam[] = []): Anthropic.MessageCreateParamsNonStreaming => ({
  model: "sim",
  max_tokens: 1024,
  tools,
  messages: [...messages, { role: "user", content }],
});
const final = (content: string) => client.messages.stream(ask(content)).finalMessage();

describe("the official Anthropic client", () => {
  it("streams text token by token", async () => {
    const deltas: string[] = [];
    const stream = client.messages.stream(ask("[[text:Hello there, you]]")).on("text", (delta) => deltas.push(delta));
    const message = await stream.finalMessage();
    expect(deltas).toEqual(["Hello", " there,", " you"]);
    expect(message.content).toEqual([{ type: "text", text: "Hello there, you" }]);
    expect(message.stop_reason).toBe("end_turn");
  });

  it("gets the same answer without streaming", async () => {
    const prompt = '[[reasoning:Let me think]][[text:Hi ]][[tokens:3]][[tool:bash {"command":"ls"}]]';
    const whole = await client.messages.create(ask(prompt));
    const streamed = await final(prompt);
    expect(whole.content.map((block) => ({ ...block, id: "", signature: "" }))).toEqual(
      streamed.content.map((block) => ({ ...block, id: "", signature: "" })),
    );
    expect(whole.content[1]).toMatchObject({ type: "text", text: "Hi w0 w1 w2" });
    expect(whole.usage.output_tokens).toBe(streamed.usage.output_tokens);
  });

  it("streams reasoning as a signed thinking block", async () => {
    const { content } = await final("[[reasoning:Let me think]][[text:Yes]]");
    expect(content[0]).toMatchObject({ type: "thinking", thinking: "Let me think" });
    expect(content[0]?.type === "thinking" && content[0].signature).toMatch(/^\S{20,}$/);
  });

  it("gets parallel tool calls with exact arguments in several pieces", async () => {
    const args = { command: "if [[ -f a ]]; then echo 'ü 🦊'; fi # long enough for several pieces" };
    const pieces: string[] = [];
    const message = await client.messages
      .stream(ask(`[[text:Both.]][[tool:bash ${JSON.stringify(args)}]][[tool:bash {"command":"pwd"}]]`))
      .on("inputJson", (piece) => pieces.push(piece))
      .finalMessage();
    const calls = message.content.filter((block) => block.type === "tool_use");
    expect(calls.map(({ input }) => input)).toEqual([args, { command: "pwd" }]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(message.stop_reason).toBe("tool_use");
    expect(pieces.length).toBeGreaterThan(4);
  });

  it("walks the steps by rounds of tool results and ends with a short text", async () => {
    const prompt = 'go [[tool:bash {"command":"1"}]] [[step]] [[text:second]] [[tool:bash {"command":"2"}]]';
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: prompt }];
    const inputs: unknown[] = [];
    let last = await client.messages.create({ ...ask(prompt), messages });
    while (last.stop_reason === "tool_use") {
      const calls = last.content.filter((block) => block.type === "tool_use");
      inputs.push(...calls.map(({ input }) => input));
      messages.push({ role: "assistant", content: last.content });
      messages.push({
        role: "user",
        content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "ok" })),
      });
      last = await client.messages.create({ ...ask(prompt), messages });
    }
    expect(inputs).toEqual([{ command: "1" }, { command: "2" }]);
    expect(last.content).toEqual([{ type: "text", text: "Done." }]);
  });

  it("begins anew with a prompt that stands beside tool results", async () => {
    const first = await client.messages.create(ask('[[tool:bash {"command":"1"}]]'));
    const call = first.content[0];
    if (call?.type !== "tool_use") throw new Error("a tool call was expected");
    const answer = await client.messages.create({
      ...ask(""),
      messages: [
        { role: "user", content: '[[tool:bash {"command":"1"}]]' },
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: call.id, content: "ok" },
            { type: "text", text: "[[text:a new prompt]]" },
          ],
        },
      ],
    });
    expect(answer.content).toEqual([{ type: "text", text: "a new prompt" }]);
  });

  it("reads scripted usage, also on the stream", async () => {
    const prompt = "[[usage:in=10,out=5,cache_read=3,cache_write=2]][[text:x]]";
    const expected = {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 2,
    };
    expect((await final(prompt)).usage).toMatchObject(expected);
    expect((await client.messages.create(ask(prompt))).usage).toMatchObject(expected);
    expect((await final("[[tokens:7]]")).usage.output_tokens).toBe(7);
  });

  it("sees every scripted status as the provider's own error", async () => {
    const failure = (content: string) => client.messages.create(ask(content)).catch((error: unknown) => error);
    const limited = await failure("[[429:retry-after=2]]");
    expect(limited).toBeInstanceOf(Anthropic.RateLimitError);
    expect(limited).toMatchObject({
      status: 429,
      error: { type: "error", error: { type: "rate_limit_error" }, request_id: expect.stringMatching(/^req_/) },
    });
    expect(limited instanceof Anthropic.APIError && limited.headers?.get("retry-after")).toBe("2");
    expect(await failure("[[529]]")).toMatchObject({ status: 529, error: { error: { type: "overloaded_error" } } });
    expect(await failure("[[500]]")).toMatchObject({ status: 500, error: { error: { type: "api_error" } } });
    expect(await failure("[[auth]]")).toBeInstanceOf(Anthropic.AuthenticationError);
  });

  it("gets through by its own retries when a fault has a count", async () => {
    const patient = client.withOptions({ maxRetries: 3 });
    const before = sim.requests.length;
    const message = await patient.messages.create(
      ask("[[429x2:retry-after-ms=1]][[529:retry-after-ms=1 x1]][[text:ok]]"),
    );
    expect(message.content).toEqual([{ type: "text", text: "ok" }]);
    expect(sim.requests.length - before).toBe(4);
  });

  it("throws when the stream is cut, broken or ends in an error event", async () => {
    const collected: string[] = [];
    const cut = client.messages.stream(ask("[[tokens:10]][[cut:3]]")).on("text", (delta) => collected.push(delta));
    await expect(cut.finalMessage()).rejects.toThrow();
    expect(collected).toEqual(["w0", " w1", " w2"]);
    await expect(final("[[tokens:10]][[cut]]")).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
    await expect(final("[[tokens:10]][[malformed]]")).rejects.toThrow();
    await expect(final("[[tokens:10]][[error:2]]")).rejects.toThrow(/overloaded_error/);
  });

  it("reads through split frames, split code points and CRLF unharmed", async () => {
    const text = "Grüße, 世界 🦊🦊 ende";
    for (const form of ["[[split]]", "[[split:1]]", "[[split:7]]", "[[crlf]]", "[[crlf]][[split]]"]) {
      expect((await final(`${form}[[text:${text}]]`)).content).toEqual([{ type: "text", text }]);
    }
  });

  it("lists models, finds one, and counts tokens", async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect((await client.models.retrieve(ids[0] ?? "")).id).toBe(ids[0]);
    await expect(client.models.retrieve("nope")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    const count = await client.messages.countTokens({
      model: "sim",
      messages: [{ role: "user", content: "Hello you" }],
    });
    expect(count.input_tokens).toBeGreaterThan(1);
  });
});

describe("requests that Anthropic would refuse", () => {
  const use = { type: "tool_use" as const, id: "toolu_1", name: "bash", input: {} };
  const result = { type: "tool_result" as const, tool_use_id: "toolu_1", content: "ok" };
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["no model", { model: undefined }, /model: Field required/],
    ["no max_tokens", { max_tokens: undefined }, /max_tokens: Field required/],
    ["no messages", { messages: undefined }, /messages: Field required/],
    ["empty messages", { messages: [] }, /at least one message/],
    ["a foreign role", { messages: [{ role: "system", content: "x" }] }, /messages.0.role/],
    ["a tool result out of nowhere", { messages: [{ role: "user", content: [result] }] }, /unexpected `tool_use_id`/],
    [
      "a tool call without result",
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [use] },
          { role: "user", content: "y" },
        ],
      },
      /without `tool_result` blocks immediately after: toolu_1/,
    ],
    ["a tool without schema", { tools: [{ name: "bash" }] }, /tools.0.input_schema/],
    ["a misspelt directive", { messages: [{ role: "user", content: "[[echo]][[tokns:3]]" }] }, /unknown directive/],
    ["a directive with a wrong value", { messages: [{ role: "user", content: "[[tokens:many]]" }] }, /number/],
  ];
  it.each(cases)("%s is 400 in its own form", async (_what, change, message) => {
    const body = { ...ask("hi"), ...change } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    const error = await client.messages.create(body).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error).toMatchObject({
      error: { error: { type: "invalid_request_error", message: expect.stringMatching(message) } },
    });
  });
});
