// The figures as the page that is kept: medians of the rounds, each beside its floor and its goal.
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { median } from "./harness/statistics.ts";
import type { Figures, Round, Throughput } from "./measure.ts";

interface Row {
  what: string;
  ours: string;
  floor: string;
  ratio: string;
  goal: string;
}

export function report(figures: Figures): string {
  const { rounds, size } = figures;
  const rows = [...latencyRows(figures), ...throughputRows(figures), ...startRows(figures), ...memoryRows(figures)];
  const lines = [
    "# Bench results",
    "",
    "Written by `npm run bench`; what is measured and how stands in [README.md](README.md).",
    "",
    `${new Date().toISOString().slice(0, 16)}Z, commit ${commit()}, ${machine()}`,
    "",
    `Medians of ${rounds.length} rounds, ${size.requests} requests per system in each. Every write to disk synced.`,
    "",
    "| figure | ours | floor | ours / floor | goal |",
    "| --- | --- | --- | --- | --- |",
    ...[...rows, pageRow(figures)].map(
      ({ what, ours, floor, ratio, goal }) => `| ${what} | ${ours} | ${floor} | ${ratio} | ${goal} |`,
    ),
    ...besides(figures),
  ];
  return `${lines.join("\n")}\n`;
}

const of = <T>(figures: Figures, read: (round: Round) => T | undefined): T[] =>
  figures.rounds.map(read).filter((value) => value !== undefined);

function latencyRows(figures: Figures): Row[] {
  const rounds = of(figures, (round) => round.latency);
  if (rounds.length === 0) return [];
  const value = (name: string, of: "firstMs" | "doneMs") => median(rounds.map((round) => round[name]?.[of] ?? 0));
  const added = (name: string) =>
    median(rounds.map((round) => (round[name]?.firstMs ?? 0) - (round.direct?.firstMs ?? 0)));
  const relay = `(relay ${ms(added("relay"))}, direct ${ms(value("direct", "firstMs"))})`;
  const relayDone = `(relay ${ms(value("relay", "doneMs"))}, direct ${ms(value("direct", "doneMs"))})`;
  const [first, pipeFirst] = [added("ours"), added("pipe")];
  const [done, pipeDone] = [value("ours", "doneMs"), value("pipe", "doneMs")];
  return [
    {
      what: "first token, added over a direct call, p50",
      ours: ms(first),
      floor: `raw pipe ${ms(pipeFirst)} ${relay}`,
      ratio: times(first / pipeFirst),
      goal: goal("≤ 6 × (stretch 4 ×)", first / pipeFirst <= 6),
    },
    {
      what: "one-token answer, sent to done, p50",
      ours: ms(done),
      floor: `raw pipe ${ms(pipeDone)} ${relayDone}`,
      ratio: times(done / pipeDone),
      goal: goal("≤ 4 ×", done / pipeDone <= 4),
    },
  ];
}

function throughputRows(figures: Figures): Row[] {
  const rounds = of(figures, (round) => round.throughput);
  if (rounds.length === 0) return [];
  const value = (name: keyof Throughput) => median(rounds.map((round) => round[name]));
  const against = (what: string, name: keyof Throughput, floor: string, base: number) => ({
    what,
    ours: count(value(name)),
    floor: `${floor} ${count(base)}`,
    ratio: times(value(name) / base),
    goal: "",
  });
  const ours = against("deltas per CPU second, hub + worker + gateway", "ours", "SSE reader", value("reader"));
  return [
    { ...ours, goal: goal("≥ 0.10 × (stretch 0.35 ×)", value("ours") / value("reader") >= 0.1) },
    against("… against the minimal relay", "ours", "relay", value("relay")),
    against("… against SSE parse of bytes in memory, JSON unread", "ours", "parse", value("parse")),
    against("paced: 100 tokens per second and session", "oursPaced", "SSE reader", value("readerPaced")),
    against("… against the minimal relay", "oursPaced", "relay", value("relayPaced")),
    against("provider layer alone, bytes in memory", "provider", "SSE and JSON parse", value("parseWithJson")),
  ];
}

function startRows(figures: Figures): Row[] {
  const rounds = of(figures, (round) => round.start);
  if (rounds.length === 0) return [];
  const ours = median(rounds.map((start) => start.oursMs));
  const minimal = median(rounds.map((start) => start.minimalMs));
  return [
    {
      what: "start until ready (`anywork up`)",
      ours: ms(ours),
      floor: `minimal server ${ms(minimal)}`,
      ratio: times(ours / minimal),
      goal: goal("≤ 4 × and ≤ 0.8 s", ours / minimal <= 4 && ours <= 800),
    },
  ];
}

function memoryRows(figures: Figures): Row[] {
  const rounds = of(figures, (round) => round.memory);
  if (rounds.length === 0) return [];
  const value = (name: "minimal" | "idleHub" | "all", of: "rssMiB" | "pssMiB") =>
    median(rounds.map((round) => round[name][of]));
  const [minimal, hub, all] = [value("minimal", "rssMiB"), value("idleHub", "rssMiB"), value("all", "rssMiB")];
  return [
    {
      what: "idle hub, RSS (PSS)",
      ours: `${mib(hub)} (${mib(value("idleHub", "pssMiB"))})`,
      floor: `minimal server ${mib(minimal)} (${mib(value("minimal", "pssMiB"))})`,
      ratio: times(hub / minimal),
      goal: goal("≤ 2 ×", hub / minimal <= 2),
    },
    {
      what: "hub + gateway + one worker after an answer, RSS (PSS)",
      ours: `${mib(all)} (${mib(value("all", "pssMiB"))})`,
      floor: `${median(rounds.map((round) => round.processes))} processes`,
      ratio: "",
      goal: goal("≤ 240 MiB", all <= 240),
    },
  ];
}

function pageRow({ page }: Figures): Row {
  const kilobytes = page.compressedBytes / 1000;
  return {
    what: "page: script before the chat is usable, Brotli",
    ours: `${kilobytes.toFixed(0)} KB`,
    floor: `${page.files} files`,
    ratio: "",
    goal: goal("≤ 250 KB", kilobytes <= 250),
  };
}

/** Each round's own figures, so that the spread is seen. */
function besides({ rounds }: Figures): string[] {
  return ["", "Each round:", "", "```json", ...rounds.map((round) => JSON.stringify(round, shorten)), "```"];
}

const shorten = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);
const ms = (value: number) => `${value < 100 ? value.toFixed(2) : value.toFixed(0)} ms`;
const mib = (value: number) => `${value.toFixed(0)} MiB`;
const count = (value: number) => Math.round(value).toLocaleString("en-US");
const times = (value: number) => `${value.toFixed(2)} ×`;
const goal = (text: string, isMet: boolean) => `${text}: ${isMet ? "met" : "**missed**"}`;

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
  return `${availableParallelism()} cores (${cpu}), ${memory} GiB, ${type()} ${release().split("-")[0]}, Node ${process.version}.`;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  } catch {
    return "unknown"; // Not a clone.
  }
}
