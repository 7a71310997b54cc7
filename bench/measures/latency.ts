// First token and one-token answer: each system asked in turn, one question after the other.
import type { Client } from "../harness/clients.ts";
import { median } from "../harness/statistics.ts";
import type { System } from "../harness/systems.ts";

/** Messages of one session before a new one begins: a conversation of ordinary length. */
const perSession = 10;

export type Latency = Record<string, { firstMs: number; doneMs: number }>;

export async function measureLatency(systems: System[], requests: number): Promise<Latency> {
  const clients = await Promise.all(systems.map((system) => system.connect()));
  const timings = systems.map((system) => ({ name: system.name, firstMs: [] as number[], doneMs: [] as number[] }));
  const warmUp = Math.min(20, requests);
  let session = "";
  for (let n = -warmUp; n < requests; n += 1) {
    if (n % perSession === 0 || session === "") session = crypto.randomUUID();
    for (const [index, client] of clients.entries()) {
      const { firstMs, doneMs } = await askOnce(client, session);
      if (n < 0) continue;
      timings[index]?.firstMs.push(firstMs);
      timings[index]?.doneMs.push(doneMs);
    }
  }
  for (const client of clients) client.close();
  return Object.fromEntries(
    timings.map(({ name, firstMs, doneMs }) => [name, { firstMs: median(firstMs), doneMs: median(doneMs) }]),
  );
}

async function askOnce(client: Client, session: string) {
  const timing = await client.ask(session, "[[text:Hello]]");
  if (timing.deltas !== 1) throw new Error(`one token was asked for, ${timing.deltas} came`);
  return timing;
}
