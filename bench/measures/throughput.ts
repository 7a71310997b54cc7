// Deltas per second of CPU, over the whole process tree of a system, while several sessions stream at once. The load
// client and the model are other processes and count on no side.
import { treeCpuMs } from "../harness/process-tree.ts";
import type { System } from "../harness/systems.ts";

export interface Load {
  /** Sessions at once, each with a socket of its own. */
  sessions: number;
  /** Answers of each session, one after the other. */
  answers: number;
  tokens: number;
  /** Tokens per second of each session; as fast as it goes when it is absent. */
  rate?: number;
}

export async function measureThroughput(system: System, load: Load): Promise<number> {
  await stream(system, { ...load, answers: 1 });
  const before = treeCpuMs(system.program.pid);
  const deltas = await stream(system, load);
  return (deltas / (treeCpuMs(system.program.pid) - before)) * 1000;
}

export const messageOf = ({ tokens, rate }: Load): string =>
  `[[tokens:${tokens}]]${rate === undefined ? "" : `[[rate:${rate}]]`}`;

async function stream(system: System, load: Load): Promise<number> {
  const { sessions, answers, tokens } = load;
  const message = messageOf(load);
  const counts = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const client = await system.connect();
      const session = crypto.randomUUID();
      let deltas = 0;
      for (let n = 0; n < answers; n += 1) deltas += (await client.ask(session, message)).deltas;
      client.close();
      return deltas;
    }),
  );
  const deltas = counts.reduce((sum, count) => sum + count, 0);
  if (deltas !== sessions * answers * tokens) throw new Error(`${system.name} lost deltas: ${deltas} came`);
  return deltas;
}
