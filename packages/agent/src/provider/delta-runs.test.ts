import { describe, expect, it } from "vitest";
import { createDeltaRuns } from "./delta-runs.ts";

const delta = (text: string, index = 0) =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: "content_block_delta", index, delta: { type: "text_delta", text } })}\n\n`;
const ping = 'event: ping\ndata: {"type":"ping"}\n\n';

/** What the adapter would read of these chunks, and a cut of the texts it would give. */
async function pass(chunks: (string | Uint8Array)[], style: "anthropic" | "openai" = "anthropic") {
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk));
  const headers = { "content-type": "text/event-stream; charset=utf-8" };
  const runs = createDeltaRuns(style, async () => new Response(ReadableStream.from(bytes), { headers }));
  const seen = await (await runs.fetch("http://model/")).text();
  return { seen, cut: runs.cut };
}

describe("delta runs", () => {
  it("joins deltas that came together and cuts them again as they were", async () => {
    const { seen, cut } = await pass([ping + delta("Hel") + delta("lo ") + delta("you") + ping]);
    expect(seen).toBe(ping + delta("Hello you") + ping);
    expect(cut("Hello you")).toEqual(["Hel", "lo ", "you"]);
  });

  it("keeps what came apart apart", async () => {
    const { seen, cut } = await pass([delta("a"), delta("b") + delta("c")]);
    expect(seen).toBe(delta("a") + delta("bc"));
    expect(["a", "bc"].map(cut)).toEqual([["a"], ["b", "c"]]);
  });

  it("cuts texts with quotes, backslashes and halves of a surrogate pair where they were cut", async () => {
    const texts = ['say "hi"', "\\", '\\"', "line\n", "\ud83d", "\ude00", "ü€"];
    const { seen, cut } = await pass([texts.map((text) => delta(text)).join("")]);
    const { text } = (JSON.parse(seen.slice(seen.indexOf("{"))) as { delta: { text: string } }).delta;
    expect(text).toBe(texts.join(""));
    expect(cut(text)).toEqual(texts);
  });

  it("never joins across another frame or another block", async () => {
    const stream = delta("a") + ping + delta("b") + delta("c", 1);
    expect((await pass([stream])).seen).toBe(stream);
  });

  it("gives the same whatever bytes the chunks are cut at", async () => {
    const bytes = new TextEncoder().encode(ping + delta("grü") + delta('"€"') + ping);
    for (let at = 1; at < bytes.length; at += 1) {
      const { seen, cut } = await pass([bytes.slice(0, at), bytes.slice(at)]);
      const texts = [...seen.matchAll(/"text":("(?:[^"\\]|\\.)*")/g)].map(
        (found) => JSON.parse(found[1] ?? "") as string,
      );
      expect(texts.flatMap(cut)).toEqual(["grü", '"€"']);
      expect(seen.endsWith(ping)).toBe(true);
    }
  });

  it("leaves CRLF streams, unfinished ends and broken JSON as they are", async () => {
    for (const stream of [
      delta("a").replaceAll("\n", "\r\n").repeat(2),
      `${delta("a")}event: x`,
      'data: {"text":"\n\n',
    ]) {
      expect((await pass([stream])).seen).toBe(stream);
    }
  });

  it("joins the deltas of an OpenAI-compatible server", async () => {
    const chunk = (content: string) => `data: {"id":"c","choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
    const { seen, cut } = await pass([`${chunk("a") + chunk("b")}data: [DONE]\n\n`], "openai");
    expect(seen).toBe(`${chunk("ab")}data: [DONE]\n\n`);
    expect(cut("ab")).toEqual(["a", "b"]);
  });
});
