import { assertNever, type TerminalStatus } from "@anywork/protocol";

/** What a script can tell from how a command ended. Stands in `anywork run --help`. */
export const exitCodes = {
  completed: 0,
  failed: 1,
  /** Wrong flags or an unknown command. */
  usage: 2,
  noHub: 3,
  /** The hub did not take the message. */
  refused: 4,
  canceled: 130,
  /** The reader of our output went away (128 + SIGPIPE, as other programs do it). */
  brokenPipe: 141,
} as const;

export function exitCodeOf(status: TerminalStatus): number {
  switch (status) {
    case "completed":
      return exitCodes.completed;
    case "failed":
      return exitCodes.failed;
    case "canceled":
      return exitCodes.canceled;
    default:
      return assertNever(status);
  }
}

/** What a command cannot go on from: a sentence, what to do about it, and the exit code. Shown by main.ts. */
export class Complaint extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, hint: string | undefined, exitCode: number) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
