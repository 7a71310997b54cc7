// From the start of the process until it answers: the minimal server, and `anywork up` until its health is 200.
import { join } from "node:path";
import { type Program, startProgram } from "../harness/programs.ts";
import { median } from "../harness/statistics.ts";
import { startHub } from "../harness/systems.ts";

export interface Start {
  minimalMs: number;
  oursMs: number;
}

/** `home` was used before: what is timed is an installed product that starts again. Medians of so many starts. */
export async function measureStart(
  model: string,
  { folder, home, starts }: { folder: string; home: string; starts: number },
): Promise<Start> {
  const minimalMs: number[] = [];
  const oursMs: number[] = [];
  for (let n = 0; n < starts; n += 1) {
    const minimal = await startProgram("bench/floors/minimal.mjs", [join(folder, "minimal.db")]);
    minimalMs.push(await untilAnswer(minimal, "/"));
    await minimal.stop();
    const ours = await startHub(model, home);
    oursMs.push(await untilAnswer(ours, "/api/health"));
    await ours.stop();
  }
  return { minimalMs: median(minimalMs), oursMs: median(oursMs) };
}

async function untilAnswer({ address, startedMs }: Program, path: string): Promise<number> {
  const response = await fetch(new URL(path, address));
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  await response.body?.cancel();
  return performance.now() - startedMs;
}
