import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { HubFrame } from "@anywork/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { HubSocket, SocketOptions, SocketState } from "./socket.ts";
import { createSocket } from "./socket.ts";

/** A hub of one session whose events are 1, 2, 3 …: it answers `subscribe` from the cursor, like the real one. */
async function startHub(port = 0) {
  const server = new WebSocketServer({ host: "127.0.0.1", port });
  await once(server, "listening");
  const events: HubFrame[] = [];
  const received: Record<string, unknown>[] = [];
  const tokens: (string | undefined)[] = [];
  const subscribers = new Set<WebSocket>();
  server.on("connection", (socket, request) => {
    tokens.push(request.headers.authorization);
    socket.on("close", () => subscribers.delete(socket));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      received.push(frame);
      if (frame.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
      if (frame.type !== "subscribe") return;
      const after = Number(String(frame.after ?? "c0").slice(1));
      for (const event of events.slice(after)) socket.send(JSON.stringify(event));
      subscribers.add(socket);
    });
  });
  return {
    received,
    tokens,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    port: (server.address() as AddressInfo).port,
    emit(count: number) {
      for (let i = 0; i < count; i++) {
        const n = events.length + 1;
        const event = { type: "text", content: `${n} `, metadata: {}, session_id: "s", task_id: "t", seq: n };
        events.push({ ...event, cursor: `c${n}` });
        for (const socket of subscribers) socket.send(JSON.stringify(events.at(-1)));
      }
    },
    cut() {
      for (const socket of server.clients) socket.terminate();
    },
    async stop() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((done) => server.close(done));
    },
  };
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function hubForTest(port?: number) {
  const hub = await startHub(port);
  cleanups.push(() => hub.stop());
  return hub;
}

function connectTo(url: string, options: Partial<SocketOptions> = {}) {
  const frames: HubFrame[] = [];
  const states: SocketState["name"][] = [];
  const socket: HubSocket = createSocket({
    url,
    firstDelayMs: 5,
    maxDelayMs: 20,
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state.name),
    ...options,
  });
  cleanups.push(() => socket.close());
  socket.connect();
  return { socket, frames, states, seqs: () => frames.map((frame) => frame.seq) };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe("socket", () => {
  it("goes on after the last event it saw, however often the connection is cut", async () => {
    const hub = await hubForTest();
    const client = connectTo(hub.url);
    client.socket.subscribe("s");
    for (let round = 1; round <= 5; round++) {
      hub.emit(3);
      await until(() => expect(client.frames.length).toBeGreaterThanOrEqual(round * 5 - 2));
      hub.cut();
      hub.emit(2);
      await until(() => expect(client.seqs()).toEqual(upTo(round * 5)));
    }
  });

  it("finds a hub that was restarted on the same port", async () => {
    const first = await startHub();
    const client = connectTo(first.url);
    client.socket.subscribe("s", "c0");
    first.emit(2);
    await until(() => expect(client.seqs()).toEqual([1, 2]));
    await first.stop();
    const second = await hubForTest(first.port);
    second.emit(5);
    await until(() => expect(client.seqs()).toEqual(upTo(5)));
    expect(client.states).toContain("reconnecting");
    expect(second.received[0]).toEqual({ type: "subscribe", session_id: "s", after: "c2" });
  });

  it("says that a frame was not sent instead of keeping it", async () => {
    const hub = await hubForTest();
    const client = connectTo(hub.url);
    expect(client.socket.send({ type: "chat", message: "too early" })).toBe(false);
    await until(() => expect(client.states).toContain("open"));
    expect(client.socket.send({ type: "chat", session_id: "s", message: "now" })).toBe(true);
    await until(() => expect(hub.received).toEqual([{ type: "chat", session_id: "s", message: "now" }]));
  });

  it("subscribes the session of a chat again after a reconnect", async () => {
    const hub = await hubForTest();
    const client = connectTo(hub.url);
    await until(() => expect(client.states).toContain("open"));
    client.socket.send({ type: "chat", session_id: "s", message: "hello" });
    await until(() => expect(hub.received).toHaveLength(1));
    hub.cut();
    await until(() => expect(hub.received.at(-1)).toEqual({ type: "subscribe", session_id: "s" }));
  });

  it("forgets a session that was unsubscribed", async () => {
    const hub = await hubForTest();
    const client = connectTo(hub.url);
    await until(() => expect(client.states).toContain("open"));
    client.socket.subscribe("a");
    client.socket.subscribe("b");
    client.socket.unsubscribe("a");
    await until(() => expect(hub.received).toHaveLength(3));
    hub.cut();
    await until(() => expect(hub.received.slice(3)).toEqual([{ type: "subscribe", session_id: "b" }]));
  });

  it("stops trying when the hub says that we are signed out", async () => {
    const hub = await startHub();
    await hub.stop();
    const client = connectTo(hub.url, { isWelcome: async () => false });
    await until(() => expect(client.states.at(-1)).toBe("refused"));
  });

  it("drops a connection that stays silent after a ping", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    cleanups.push(() => new Promise((done) => server.close(done)));
    cleanups.push(() => server.clients.forEach((one) => void one.terminate()));
    const { port } = server.address() as AddressInfo;
    const client = connectTo(`ws://127.0.0.1:${port}`, { pingEveryMs: 10, pongWithinMs: 10 });
    await until(() => expect(client.states.filter((state) => state === "open").length).toBeGreaterThanOrEqual(2));
  });

  it("tries at once when woken", async () => {
    const hub = await startHub();
    let wake: () => void = () => undefined;
    const wakeups = (call: () => void) => {
      wake = call;
      return () => undefined;
    };
    await hub.stop();
    const client = connectTo(hub.url, { wakeups, firstDelayMs: 60_000, maxDelayMs: 60_000 });
    await until(() => expect(client.states).toContain("reconnecting"));
    await hubForTest(hub.port);
    wake();
    await until(() => expect(client.states.at(-1)).toBe("open"));
  });

  it("shows its token at the upgrade", async () => {
    const hub = await hubForTest();
    const client = connectTo(hub.url, { token: "secret" });
    await until(() => expect(client.states).toContain("open"));
    expect(hub.tokens).toEqual(["Bearer secret"]);
  });
});
