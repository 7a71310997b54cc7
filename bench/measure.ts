// Three rounds; in each one every system has its turn. What is reported is the median of the rounds.
import { join } from "node:path";
import { runProgram } from "./harness/programs.ts";
import { record } from "./harness/recording.ts";
import { makePlace, type System, startModel, startOurs, startPipe, startRelay } from "./harness/systems.ts";
import { type Latency, measureLatency } from "./measures/latency.ts";
import { type MemoryFigures, measureMemory } from "./measures/memory.ts";
import { measurePage, type PageSize } from "./measures/page.ts";
import { measureStart, type Start } from "./measures/start.ts";
import { type Load, measureThroughput, messageOf } from "./measures/throughput.ts";

export const parts = ["latency", "throughput", "start", "memory"];

export interface Throughput {
  /** Deltas per CPU second. */
  parse: number;
  parseWithJson: number;
  reader: number;
  readerPaced: number;
  provider: number;
  relay: number;
  ours: number;
  relayPaced: number;
  oursPaced: number;
}

export interface Figures {
  size: Size;
  rounds: Round[];
  page: PageSize;
}

export interface Round {
  latency?: Latency;
  throughput?: Throughput;
  start?: Start;
  memory?: MemoryFigures;
}

interface Size {
  rounds: number;
  requests: number;
  starts: number;
  restMs: number;
  recordedTokens: number;
  parsedDeltas: number;
  flood: Load;
  paced: Load;
}

const sizes: Record<"full" | "quick", Size> = {
  full: {
    rounds: 3,
    requests: 200,
    starts: 5,
    restMs: 5_000,
    recordedTokens: 4_000,
    parsedDeltas: 1_000_000,
    flood: { sessions: 8, answers: 5, tokens: 4_000 },
    paced: { sessions: 20, answers: 1, tokens: 400, rate: 100 },
  },
  quick: {
    rounds: 1,
    requests: 10,
    starts: 1,
    restMs: 500,
    recordedTokens: 1_000,
    parsedDeltas: 20_000,
    flood: { sessions: 2, answers: 1, tokens: 2_000 },
    paced: { sessions: 4, answers: 1, tokens: 100, rate: 100 },
  },
};

interface Options {
  size: "full" | "quick";
  chosen: string[];
  say: (line: string) => void;
}

export async function measure({ size: name, chosen, say }: Options): Promise<Figures> {
  const size = sizes[name];
  const place = makePlace();
  const model = await startModel();
  const context = { ...place, home: join(place.folder, "home"), model, size, chosen };
  const rounds: Round[] = [];
  try {
    for (let n = 1; n <= size.rounds; n += 1) {
      say(`Round ${n} of ${size.rounds} …`);
      rounds.push(await measureRound(context, n));
    }
    return { size, rounds, page: measurePage() };
  } finally {
    await model.program.stop();
    place.remove();
  }
}

interface Context {
  folder: string;
  home: string;
  model: Awaited<ReturnType<typeof startModel>>;
  size: Size;
  chosen: string[];
}

async function measureRound(context: Context, n: number): Promise<Round> {
  const { model, folder, home, size, chosen } = context;
  const { address } = model.program;
  const wants = (part: string) => chosen.includes(part);
  const round: Round = {};
  const started: System[] = [];
  try {
    const relay = await startRelay(address, join(folder, `relay-${n}.db`));
    started.push(relay);
    const pipe = await startPipe(address);
    started.push(pipe);
    const ours = await startOurs(address, home);
    started.push(ours);
    if (wants("latency")) round.latency = await measureLatency([model, pipe, relay, ours], size.requests);
    if (wants("throughput")) round.throughput = await measureThroughputs(context, relay, ours);
  } finally {
    await Promise.all(started.map(({ program }) => program.stop()));
  }
  if (wants("start")) round.start = await measureStart(address, { folder, home, starts: size.starts });
  if (wants("memory")) round.memory = await measureMemory(address, { folder, home, restMs: size.restMs });
  return round;
}

async function measureThroughputs({ model, folder, size }: Context, relay: System, ours: System): Promise<Throughput> {
  const recorded = join(folder, "recorded.sse");
  await record(model.program.address, recorded, size.recordedTokens);
  return {
    parse: await perCpuSecond("parse.ts", [recorded, `${size.parsedDeltas}`]),
    parseWithJson: await perCpuSecond("parse.ts", [recorded, `${size.parsedDeltas}`, "--json"]),
    provider: await perCpuSecond("provider.ts", [recorded, `${size.parsedDeltas / 4}`]),
    reader: await perCpuSecond("reader.ts", readerArgs(model, size.flood)),
    relay: await measureThroughput(relay, size.flood),
    ours: await measureThroughput(ours, size.flood),
    readerPaced: await perCpuSecond("reader.ts", readerArgs(model, size.paced)),
    relayPaced: await measureThroughput(relay, size.paced),
    oursPaced: await measureThroughput(ours, size.paced),
  };
}

const readerArgs = ({ program }: System, load: Load): string[] => [
  program.address,
  messageOf(load),
  `${load.sessions}`,
  `${load.answers}`,
];

async function perCpuSecond(floor: string, args: string[]): Promise<number> {
  const { deltas, cpuMs } = await runProgram<{ deltas: number; cpuMs: number }>(`bench/floors/${floor}`, args);
  return (deltas / cpuMs) * 1000;
}
