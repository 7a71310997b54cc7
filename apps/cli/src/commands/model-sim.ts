import { Command } from "commander";
import { runProgram } from "../program.ts";

interface Options {
  port: string;
  host?: string;
  socket?: string;
}

export function modelSimCommand(): Command {
  return new Command("model-sim")
    .summary("start the scripted model server")
    .description(
      "Starts the model simulator: Anthropic Messages and OpenAI Chat Completions on loopback, scripted by the prompt. " +
        "Prints its address.",
    )
    .option("--port <number>", "port to listen on; 0 takes a free one", "0")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--socket <path>", "Unix socket to listen on instead")
    .addHelpText(
      "after",
      "\nExample:\n  anywork model-sim --port 7900\n  ANTHROPIC_API_KEY=any ANTHROPIC_BASE_URL=http://127.0.0.1:7900 anywork up",
    )
    .action(async ({ port, host, socket }: Options) => {
      const where = socket === undefined ? ["--port", port] : ["--socket", socket];
      const args = host === undefined ? where : [...where, "--host", host];
      process.exitCode = await runProgram("model-sim", args);
    });
}
