import { afterEach, describe, expect, it } from "vitest";
import {
  type Answer,
  brokenSse,
  errorFrame,
  messageEnd,
  messageStart,
  openSse,
  pingFrame,
  refusal,
  sse,
  startWireServer,
  textFrames,
  toolFrames,
  type WireServer,
} from "../testing/wire-server.ts";
import { createProvider } from "./create-provider.ts";
import type { ProviderEvent, ProviderRequest } from "./provider.ts";
import { type RetryEvent, streamWithRetries } from "./retry.ts";
import { createUnixFetch } from "./unix-fetch.ts";

const request: ProviderRequest = {
  model: "sim",
  system: "be kind",
  messages: [{ role: "user", content: "hi" }],
  tools: [{ name: "bash", description: "runs", parameters: { type: "object", properties: {} } }],
};
const whole = sse(messageStart, textFrames(["Hel", "lo"]), messageEnd());

let server: WireServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(...answers: [Answer, ...Answer[]]) {
  server = await startWireServer(...answers);
  const fetch = createUnixFetch(server.socket);
  const common = { baseUrl: "http://gateway/v1", apiKey: "token", fetch, idleTimeoutMs: 300 };
  return {
    server,
    anthropic: createProvider({ ...common, style: "anthropic", bearer: true }),
    openai: createProvider({ ...common, style: "openai" }),
  };
}

async function collect<T>(events: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const event of events) into.push(event);
  return into;
}

const never = new AbortController().signal;

describe("provider", () => {
  it("streams text, tool calls, usage and the reason of the end (Anthropic)", async () => {
    const { anthropic } = await serve(
      sse(
        messageStart,
        textFrames(["Hel", "lo"]),
        toolFrames(1, "t1", "bash", '{"command":"ls"}'),
        messageEnd("tool_use"),
      ),
    );
    expect(await collect(anthropic.stream(request, never))).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      { type: "tool_call", call: { id: "t1", name: "bash", input: '{"command":"ls"}' } },
      { type: "usage", usage: expect.objectContaining({ input_tokens: 12, output_tokens: 5, cache_read_tokens: 3 }) },
      { type: "finish", reason: "tool_calls" },
    ]);
  });

  it("streams the same from an OpenAI-compatible server", async () => {
    const chunk = (delta: object, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const call = { index: 0, id: "t1", function: { name: "bash", arguments: '{"command":' } };
    const { openai } = await serve(
      sse(
        chunk({ role: "assistant", content: "Hel" }),
        chunk({ content: "lo" }),
        chunk({ tool_calls: [call] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '"ls"}' } }] }),
        chunk({}, "tool_calls"),
        `data: ${JSON.stringify({ id: "c", choices: [], usage: { prompt_tokens: 7, completion_tokens: 9 } })}\n\n`,
        "data: [DONE]\n\n",
      ),
    );
    expect(await collect(openai.stream(request, never))).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      { type: "tool_call", call: { id: "t1", name: "bash", input: '{"command":"ls"}' } },
      { type: "usage", usage: expect.objectContaining({ input_tokens: 7, output_tokens: 9 }) },
      { type: "finish", reason: "tool_calls" },
    ]);
  });

  it("sends the token as bearer, the system text, and results of parallel calls in one message", async () => {
    let authorization: string | undefined;
    const { anthropic, server } = await serve((response, incoming, body) => {
      authorization = incoming.headers.authorization;
      whole(response, incoming, body);
    });
    const calls = ["a", "b"].map((id) => ({ id, name: "bash", input: "{}" }));
    const results = calls.map(
      ({ id, name }) => ({ role: "tool", tool_call_id: id, name, content: id, ok: true }) as const,
    );
    const messages = [...request.messages, { role: "assistant", content: "", tool_calls: calls } as const, ...results];
    await collect(anthropic.stream({ ...request, messages }, never));
    expect(authorization).toBe("Bearer token");
    const [sent] = server.requests as [
      { system: { text: string }[]; messages: { role: string; content: unknown[] }[] },
    ];
    expect(sent).toMatchObject({ model: "sim", max_tokens: 32_000, stream: true });
    expect(sent.system[0]?.text).toBe("be kind");
    expect(sent.messages.map((message) => [message.role, message.content.length])).toEqual([
      ["user", 1],
      ["assistant", 2],
      ["user", 2],
    ]);
  });

  it.each([
    [401, "authentication_error", "invalid x-api-key", "provider_auth"],
    [403, "permission_error", "not yours", "provider_auth"],
    [402, "billing_error", "pay", "provider_quota"],
    [400, "invalid_request_error", "Your credit balance is too low to access the API", "provider_quota"],
    [429, "insufficient_quota", "You exceeded your current quota", "provider_quota"],
    [404, "not_found_error", "model: sim", "model_not_found"],
    [404, "model_not_found", "The model `sim` does not exist", "model_not_found"],
    [404, "not_found_error", "no such page", "provider_error"],
    [429, "rate_limit_error", "slow down", "provider_rate_limited"],
    [529, "overloaded_error", "Overloaded", "provider_overloaded"],
    [503, "overloaded_error", "Overloaded", "provider_overloaded"],
    [500, "api_error", "Internal server error", "provider_error"],
    [400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_overflow"],
    [400, "invalid_request_error", "messages: must not be empty", "provider_error"],
    [503, "provider_missing", "no provider is configured", "provider_missing"],
  ])("tells %i %s (%s) as %s in the provider's own words", async (status, type, message, code) => {
    const error = code === "provider_missing" ? { code: type, message, hint: "Paste a key." } : { type, message };
    const { anthropic } = await serve(refusal(status, error));
    const failure = await collect(anthropic.stream(request, never)).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.any(String) });
  });

  it("reads retry-after", async () => {
    const { anthropic } = await serve(
      refusal(429, { type: "rate_limit_error", message: "slow" }, { "retry-after": "7" }),
    );
    await expect(collect(anthropic.stream(request, never))).rejects.toMatchObject({ retryAfterS: 7 });
  });

  it.each([
    ["ends without its stop event", sse(messageStart, textFrames(["a"])), "provider_protocol"],
    ["ends before it says anything", sse(messageStart), "provider_protocol"],
    ["is empty", sse(""), "provider_protocol"],
    ["is no event stream", sse("<html>hello</html>"), "provider_protocol"],
    [
      "carries broken JSON",
      sse(messageStart, 'event: content_block_delta\ndata: {"type":\n\n', messageEnd()),
      "provider_protocol",
    ],
    [
      "carries an unknown shape",
      sse(messageStart, 'event: x\ndata: {"type":"content_block_delta"}\n\n'),
      "provider_protocol",
    ],
    ["breaks in the middle", brokenSse(messageStart, textFrames(["a"])), "provider_unreachable"],
    [
      "carries an overload",
      sse(messageStart, textFrames(["a"]), errorFrame("overloaded_error", "Overloaded")),
      "provider_overloaded",
    ],
    ["carries only an overload", sse(errorFrame("overloaded_error", "Overloaded")), "provider_overloaded"],
  ] as const)("tells a stream that %s", async (_, answer, code) => {
    const { anthropic } = await serve(answer);
    await expect(collect(anthropic.stream(request, never))).rejects.toMatchObject({ code, transient: true });
  });

  it("tells a server that is not there as unreachable, with the system's word for it", async () => {
    const provider = createProvider({
      style: "anthropic",
      baseUrl: "http://gateway/v1",
      apiKey: "k",
      fetch: createUnixFetch("/nowhere/socket"),
    });
    const failure = await collect(provider.stream(request, never)).catch((thrown) => thrown);
    expect(failure).toMatchObject({ code: "provider_unreachable", message: expect.stringContaining("ENOENT") });
  });

  it("calls a stream with nothing but pings stalled", async () => {
    const { anthropic } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(messageStart + textFrames(["a"]));
      const timer = setInterval(() => response.write(pingFrame), 20);
      response.on("close", () => clearInterval(timer));
    });
    const events: ProviderEvent[] = [];
    await expect(collect(anthropic.stream(request, never), events)).rejects.toMatchObject({ code: "provider_stalled" });
    expect(events).toEqual([{ type: "text", text: "a" }]);
  });

  it("stops at once when aborted and closes the connection", async () => {
    let closed: () => void = () => undefined;
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { anthropic } = await serve((response, incoming, body) => {
      response.on("close", closed);
      openSse(messageStart, textFrames(["a"]))(response, incoming, body);
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    const reading = (async () => {
      for await (const _ of anthropic.stream(request, controller.signal)) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await closing;
  });
});

describe("retries", () => {
  const fakeClock = () => {
    const slept: number[] = [];
    const sleep = async (ms: number) => void slept.push(ms);
    return { slept, clock: { now: () => "", monotonicMs: () => 0, sleep } };
  };
  const run = async (...answers: [Answer, ...Answer[]]) => {
    const { anthropic, server } = await serve(...answers);
    const { clock, slept } = fakeClock();
    const events: (ProviderEvent | RetryEvent)[] = [];
    const stream = streamWithRetries(anthropic, request, { clock, random: () => 0.5, signal: never });
    const error: unknown = await collect(stream, events).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { events, error, slept, calls: server.requests.length };
  };
  const overloaded = refusal(529, { type: "overloaded_error", message: "Overloaded" });

  it("repeats an overloaded call with growing jittered pauses and shows each pause", async () => {
    const { events, error, slept, calls } = await run(overloaded, overloaded, overloaded, whole);
    expect(error).toBeUndefined();
    expect(calls).toBe(4);
    expect(slept).toEqual([500, 1000, 2000]);
    expect(events[0]).toMatchObject({ type: "retrying", code: "provider_overloaded", delayMs: 500, retry: 1, of: 4 });
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  it("gives up after five tries", async () => {
    const { error, calls } = await run(refusal(500, { type: "api_error", message: "no" }));
    expect(calls).toBe(5);
    expect(error).toMatchObject({ code: "provider_error" });
  });

  it("honours retry-after", async () => {
    const limited = refusal(429, { type: "rate_limit_error", message: "slow" }, { "retry-after": "3" });
    expect((await run(limited, whole)).slept).toEqual([3000]);
  });

  it.each([
    ["a wrong key", refusal(401, { type: "authentication_error", message: "no" })],
    ["a spent budget", refusal(429, { type: "rate_limit_error", message: "You have reached your spend cap" })],
    ["a refused request", refusal(400, { type: "invalid_request_error", message: "no" })],
    [
      "a pause longer than a minute",
      refusal(429, { type: "rate_limit_error", message: "slow" }, { "retry-after": "3600" }),
    ],
  ])("does not repeat %s", async (_, answer) => {
    const { error, calls } = await run(answer, whole);
    expect(calls).toBe(1);
    expect(error).toBeInstanceOf(Error);
  });

  it("does not repeat what has begun to show", async () => {
    const { error, calls, events } = await run(brokenSse(messageStart, textFrames(["a"])), whole);
    expect(calls).toBe(1);
    expect(events).toEqual([{ type: "text", text: "a" }]);
    expect(error).toMatchObject({ code: "provider_unreachable" });
  });
});
