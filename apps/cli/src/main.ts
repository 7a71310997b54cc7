// The command line, like a contents page: one file per command. The hub itself (`anywork up`) is started by bin/anywork.
import { ApiError } from "@anywork/client";
import { Command, CommanderError } from "commander";
import { doctorCommand } from "./commands/doctor.ts";
import { modelSimCommand } from "./commands/model-sim.ts";
import { runCommand } from "./commands/run.ts";
import { tokenCommand } from "./commands/token.ts";
import { upCommand } from "./commands/up.ts";
import { Complaint, exitCodes } from "./exit-codes.ts";
import { paintFor } from "./paint.ts";
import { oneLine } from "./usage-error.ts";
import { version } from "./version.ts";

const program = new Command("anywork")
  .description("Gives AI agents real work.")
  .version(version)
  .addCommand(upCommand())
  .addCommand(runCommand())
  .addCommand(tokenCommand())
  .addCommand(modelSimCommand())
  .addCommand(doctorCommand())
  .addHelpText("after", '\nExample:\n  anywork run "Write a haiku about tides into haiku.txt"');

for (const command of [program, ...program.commands]) {
  command.exitOverride().configureOutput({ outputError: (text, write) => write(oneLine(text)) });
}

// Whoever read our output has seen enough (`| head -1`): that is no failure to speak of, and the task goes on.
process.stdout.on("error", () => process.exit(exitCodes.brokenPipe));
process.stderr.on("error", () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (!(error instanceof Complaint) && !(error instanceof ApiError)) throw error;
  const paint = paintFor(process.stderr);
  process.stderr.write(`${paint("red", error.message)}\n${error.hint ? `${error.hint}\n` : ""}`);
  return error instanceof Complaint ? error.exitCode : error.status === 0 ? exitCodes.noHub : exitCodes.refused;
}
