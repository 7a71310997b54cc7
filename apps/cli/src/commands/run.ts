import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { homeOf } from "../config.ts";
import { exitCodes } from "../exit-codes.ts";
import { openHub } from "../hub.ts";
import { paintFor } from "../paint.ts";
import { createJsonDisplay, createTextDisplay } from "../run/display.ts";
import { onInterrupts } from "../run/interrupts.ts";
import { checkSessionId, readMessage } from "../run/message.ts";
import { run } from "../run/run.ts";

interface Options {
  json?: true;
  session?: string;
  agent?: string;
  home?: string;
}

const moreHelp = `
Ctrl-C cancels the task and waits for its end; Ctrl-C again leaves at once.

Exit codes: 0 completed, 1 failed, 2 wrong arguments, 3 no hub is running, 4 refused, 130 canceled.

Examples:
  anywork run "Write a haiku about tides into haiku.txt"
  git diff | anywork run --session review -`;

export function runCommand(): Command {
  return new Command("run")
    .summary("ask for work and watch it being done")
    .description(
      "Sends a message to the running hub; prints the answer as it comes, everything else to standard error.",
    )
    .argument("<message>", "what is to be done; - reads it from standard input")
    .option("--json", "print each frame as one JSON line and nothing else")
    .option("--session <id>", "the session to go on with; a new one by that name when there is none")
    .option("--agent <name>", "which agent is asked (default: default)")
    .option("--home <folder>", "the hub's home (default: ANYWORK_HOME, else your data folder)")
    .addHelpText("after", moreHelp)
    .action(async (argument: string, options: Options) => {
      const { stdout, stderr, stdin } = process;
      const home = homeOf(options.home);
      const sessionId = options.session === undefined ? randomUUID() : checkSessionId(options.session);
      const message = await readMessage(argument, stdin);
      const hub = await openHub(home);
      const display = options.json
        ? createJsonDisplay(stdout)
        : createTextDisplay({ stdout, stderr, paint: paintFor(stderr) });
      const canceling = new AbortController();
      const stopListening = onInterrupts(
        () => {
          display.note("… canceling; Ctrl-C again leaves at once");
          canceling.abort();
        },
        () => process.exit(exitCodes.canceled),
      );
      try {
        const code = await run({
          home,
          hub,
          sessionId,
          message,
          agent: options.agent,
          display,
          cancel: canceling.signal,
        });
        process.exitCode = code;
      } finally {
        stopListening();
        stdin.destroy();
      }
    });
}
