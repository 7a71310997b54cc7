// The systems that are compared, each as a program with a way to talk to it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createSseClient, openSocketClient } from "./clients.ts";
import { type Program, startProgram } from "./programs.ts";

export interface System {
  name: string;
  program: Program;
  connect(): Promise<Client>;
}

export interface Place {
  folder: string;
  remove(): void;
}

export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "anywork-bench-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function startModel(): Promise<System> {
  const program = await startProgram("dist/model-sim.js", ["--port", "0"]);
  return { name: "direct", program, connect: async () => createSseClient(program.address) };
}

export async function startPipe(model: string): Promise<System> {
  const program = await startProgram("bench/floors/pipe.ts", [model]);
  return { name: "pipe", program, connect: async () => createSseClient(program.address) };
}

export async function startRelay(model: string, file: string): Promise<System> {
  const program = await startProgram("bench/floors/relay.ts", [model, file]);
  return { name: "relay", program, connect: () => openSocketClient(program.address, "/") };
}

export function startHub(model: string, home: string): Promise<Program> {
  return startProgram("bin/anywork", ["up", "--port", "0", "--home", home], {
    ANYWORK_AUTH: "off",
    API_KEY: "bench",
    API_BASE_URL: `${model}/v1`,
    API_STYLE: "anthropic",
    MODEL: "sim",
    ...(process.env.NODE_OPTIONS !== undefined && { NODE_OPTIONS: process.env.NODE_OPTIONS }),
  });
}

export async function startOurs(model: string, home: string): Promise<System> {
  const program = await startHub(model, home);
  return { name: "ours", program, connect: () => openSocketClient(program.address, "/ws") };
}
