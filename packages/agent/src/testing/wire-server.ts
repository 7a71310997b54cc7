// Test only: a model's wire under the test's full control, on a Unix socket.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

export type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export interface WireServer {
  socket: string;
  /** What was asked, oldest first, as parsed JSON. */
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Answers the n-th request with the n-th answer; the last one repeats. */
export async function startWireServer(...answers: [Answer, ...Answer[]]): Promise<WireServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "wire-"));
  const socket = path.join(folder, "s");
  const requests: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push(body === "" ? {} : JSON.parse(body));
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    answer?.(response, request, body);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const refusal =
  (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error }));
  };

const frame = (event: string, data: object): string =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`;

const usage = { input_tokens: 12, cache_read_input_tokens: 3, output_tokens: 1 };
export const messageStart = frame("message_start", {
  message: { id: "m", type: "message", role: "assistant", model: "sim", content: [], usage },
});

export const textFrames = (words: readonly string[]): string =>
  frame("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
  words.map((text) => frame("content_block_delta", { index: 0, delta: { type: "text_delta", text } })).join("") +
  frame("content_block_stop", { index: 0 });

export const toolFrames = (index: number, id: string, name: string, input: string): string =>
  frame("content_block_start", { index, content_block: { type: "tool_use", id, name, input: {} } }) +
  frame("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: input } }) +
  frame("content_block_stop", { index });

export const messageEnd = (stop_reason = "end_turn"): string =>
  frame("message_delta", { delta: { stop_reason }, usage: { output_tokens: 5 } }) + frame("message_stop", {});

export const errorFrame = (type: string, message: string): string => frame("error", { error: { type, message } });
export const pingFrame = frame("ping", {});

/** A whole answer of Anthropic's Messages API (SSE), or the beginning of one. */
export const sse =
  (...frames: string[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(frames.join(""));
  };

/** Sends the frames and leaves the answer open. */
export const openSse =
  (...frames: string[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames.join(""));
  };

/** Sends the frames, then breaks the connection. */
export const brokenSse =
  (...frames: string[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames.join(""), () => setImmediate(() => response.destroy()));
  };
