import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readWorkerStream } from "./worker-stream.ts";

const delta = (wseq: number) => `event: text\nid: ${wseq}\ndata: {"content":"x","metadata":{}}\n\n`;
let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A response as the hub gets it, written by `write`. */
async function open(write: (response: ServerResponse) => void): Promise<IncomingMessage> {
  server = createServer((_, response) => write(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1" }, resolve).on("error", reject).end();
  });
}

async function count(response: IncomingMessage, options: { silenceMs?: number; signal?: AbortSignal } = {}) {
  let events = 0;
  for await (const batch of readWorkerStream(response, { workerId: "w1", ...options })) events += batch.length;
  return events;
}

describe("worker stream", () => {
  it("a connection that is cut is worker_lost, after what came before", async () => {
    const response = await open((out) => {
      out.write(delta(1), () => out.destroy());
    });
    const batches = readWorkerStream(response, { workerId: "w1" });
    expect((await batches.next()).value).toHaveLength(1);
    await expect(batches.next()).rejects.toMatchObject({ code: "worker_lost" });
  });

  it("a journal that ends without a last event ends the stream", async () => {
    expect(await count(await open((out) => out.end(delta(1))))).toBe(1);
  });

  it("a connection that says nothing is worker_lost", async () => {
    const response = await open((out) => out.write(delta(1)));
    await expect(count(response, { silenceMs: 50 })).rejects.toMatchObject({
      code: "worker_lost",
      message: expect.stringContaining("nothing came"),
    });
  });

  it("heartbeats keep a silent stream alive", async () => {
    const response = await open((out) => {
      let beats = 0;
      const timer = setInterval(() => {
        out.write(": hb\n\n");
        if (++beats < 20) return;
        clearInterval(timer);
        out.end(delta(1));
      }, 100);
    });
    expect(await count(response, { silenceMs: 1_500 })).toBe(1);
  });

  it("a slow reader pauses the socket and still gets everything, without being taken for a loss", async () => {
    const total = 200_000;
    const response = await open((out) => {
      for (let at = 1; at <= total; at++) out.write(delta(at));
      out.end();
    });
    const batches = readWorkerStream(response, { workerId: "w1", silenceMs: 500 });
    let events = (await batches.next()).value?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 700));
    for await (const batch of batches) events += batch.length;
    expect(events).toBe(total);
  });

  it("an aborted reader stops with the reason and closes its connection", async () => {
    const abort = new AbortController();
    const closed = Promise.withResolvers<void>();
    const response = await open((out) => {
      out.once("close", closed.resolve);
      out.write(delta(1));
    });
    const reading = count(response, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await closed.promise;
  });
});
