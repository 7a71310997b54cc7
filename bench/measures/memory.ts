// Memory at rest: the minimal server beside the idle hub, then hub, gateway and one worker after a first answer.
import { join } from "node:path";
import { type Memory, memoryOf, treeOf } from "../harness/process-tree.ts";
import { startProgram } from "../harness/programs.ts";
import { startOurs } from "../harness/systems.ts";

export interface MemoryFigures {
  minimal: Memory;
  idleHub: Memory;
  all: Memory;
  processes: number;
}

export async function measureMemory(
  model: string,
  { folder, home, restMs }: { folder: string; home: string; restMs: number },
): Promise<MemoryFigures> {
  const minimal = await startProgram("bench/floors/minimal.mjs", [join(folder, "minimal.db")]);
  const ours = await startOurs(model, home);
  await rest(restMs);
  const atRest = { minimal: memoryOf([minimal.pid]), idleHub: memoryOf([ours.program.pid]) };
  await minimal.stop();
  const client = await ours.connect();
  await client.ask(crypto.randomUUID(), "[[tokens:200]]");
  client.close();
  await rest(restMs);
  const pids = treeOf(ours.program.pid);
  const all = memoryOf(pids);
  await ours.program.stop();
  return { ...atRest, all, processes: pids.length };
}

const rest = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
