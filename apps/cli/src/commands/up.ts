import { Command } from "commander";
import { runProgram } from "../program.ts";

/** The launcher starts the hub without coming by here; this is what `anywork up --help` shows. */
export function upCommand(): Command {
  return new Command("up")
    .summary("start the hub and print a one-time sign-in link")
    .description("Starts the hub: page, API and WebSocket on one port. Prints a one-time sign-in link. Ctrl-C ends it.")
    .option("--port <number>", "port to listen on; 0 takes a free one (default: 7000)")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--home <folder>", "where AnyWork keeps everything (default: ANYWORK_HOME, else your data folder)")
    .option("--auth <on|off>", "off: nobody signs in; only on a loopback address (default: on)")
    .option("--driver <name>", "how workers are made (default: process)")
    .option("--open", "open the sign-in link in a browser")
    .addHelpText("after", "\nExample:\n  anywork up --port 7100 --open")
    .action(async () => {
      process.exitCode = await runProgram("server", process.argv.slice(3));
    });
}
