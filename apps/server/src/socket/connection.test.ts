import { Duplex } from "node:stream";
import { AnyWorkError } from "@anywork/protocol";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { type ConnectionDeps, createConnection } from "./connection.ts";

function connect(given: Partial<ConnectionDeps>) {
  const sent: { type: string }[] = [];
  const client = { readyState: 1, OPEN: 1, send: (text: string) => sent.push(JSON.parse(text)) };
  const connection = createConnection(client as unknown as WebSocket, new Duplex(), given as ConnectionDeps);
  /** Frames are handled one after the other: when this one is answered, those before it are over. */
  const settled = async () => {
    connection.receive('{"type":"ping"}');
    while (sent.at(-1)?.type !== "pong") await new Promise((wake) => setImmediate(wake));
  };
  return { connection, sent, settled };
}
const subscribe = '{"type":"subscribe","session_id":"s1"}';

test("a client that is gone before its frame was handled leaves no subscription behind", async () => {
  const known = Promise.withResolvers<boolean>();
  let subscriptions = 0;
  const streams = {
    async subscribe() {
      subscriptions += 1;
    },
  } as unknown as ConnectionDeps["streams"];
  const { connection, settled } = connect({ streams, hasSession: () => known.promise });
  connection.receive(subscribe);
  connection.end();
  known.resolve(true);
  await settled();
  expect(subscriptions).toBe(0);
});

test("a subscription that failed is let go, and the next one is made", async () => {
  const signals: AbortSignal[] = [];
  const streams = {
    async subscribe({ signal }: { signal: AbortSignal }) {
      signals.push(signal);
      if (signals.length === 1) throw new AnyWorkError("store_unavailable", "no");
    },
  } as unknown as ConnectionDeps["streams"];
  const { connection, sent, settled } = connect({ streams, hasSession: async () => true });
  connection.receive(subscribe);
  connection.receive(subscribe);
  await settled();
  expect(sent[0]).toMatchObject({ type: "error", metadata: { code: "store_unavailable" } });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});
