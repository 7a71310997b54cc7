import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Answer, startWireServer, type WireServer } from "../testing/wire-server.ts";
import { createUnixFetch } from "./unix-fetch.ts";

let server: WireServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(answer: Answer): Promise<typeof fetch> {
  server = await startWireServer(answer);
  return createUnixFetch(server.socket);
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error("it never became true");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("fetch over a Unix socket", () => {
  it("carries method, path, headers and body there, and status, headers and body back", async () => {
    let asked = "";
    const fetch = await serve((response, { method, url, headers }, body) => {
      asked = `${method} ${url} ${headers["x-a"]} ${body}`;
      response.writeHead(418, { "x-b": ["1", "2"] }).end("teapot");
    });
    const init = { method: "POST", headers: { "X-A": "a" }, body: '{"n":1}' };
    const response = await fetch("http://anything/v1/x?y=1", init);
    expect(asked).toBe('POST /v1/x?y=1 a {"n":1}');
    expect([response.status, response.headers.get("x-b"), await response.text()]).toEqual([418, "1, 2", "teapot"]);
  });

  it("understands an answer without a body", async () => {
    const fetch = await serve((response) => response.writeHead(204).end());
    const response = await fetch("http://g/");
    expect([response.status, response.body]).toEqual([204, null]);
  });

  it("uses a connection again", async () => {
    const sockets = new Set<Socket>();
    const fetch = await serve((response, request) => {
      sockets.add(request.socket);
      response.end("ok");
    });
    for (let n = 0; n < 3; n += 1) await (await fetch("http://g/")).text();
    expect(sockets.size).toBe(1);
  });

  it("holds a fast sender back while nobody reads", async () => {
    let written = 0;
    const fetch = await serve((response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (written < 64 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const response = await fetch("http://g/");
    const reader = response.body?.getReader();
    await reader?.read();
    let before = -1;
    await until(() => {
      const isStill = written === before;
      before = written;
      return isStill;
    });
    expect(written).toBeLessThan(16 * 1024 * 1024);
    let read = 0;
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) read += next.value.length;
    expect(read).toBeGreaterThan(60 * 1024 * 1024);
  });

  it("closes the connection when the reader goes away or the signal aborts", async () => {
    let closed = 0;
    const fetch = await serve((response) => {
      response.on("close", () => {
        closed += 1;
      });
      response.write("begin");
    });
    const response = await fetch("http://g/");
    await response.body?.cancel();
    await until(() => closed === 1);
    const controller = new AbortController();
    const second = await fetch("http://g/", { signal: controller.signal });
    const reason = new Error("enough");
    const reading = second.text();
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await until(() => closed === 2);
  });

  it("rejects before it asks when the signal was aborted already", async () => {
    const fetch = await serve((response) => response.end());
    await expect(fetch("http://g/", { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    expect(server?.requests).toEqual([]);
  });

  it("tells a connection that breaks, before and in the middle of an answer", async () => {
    const fetch = await serve((response, { url }) => {
      if (url === "/early") return response.destroy();
      response.write("begin", () => setImmediate(() => response.destroy()));
    });
    await expect(fetch("http://g/early")).rejects.toMatchObject({ message: "fetch failed", cause: expect.any(Error) });
    const response = await fetch("http://g/late");
    await expect(response.text()).rejects.toMatchObject({ message: "terminated" });
  });
});
