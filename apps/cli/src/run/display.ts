// In: the frames of our task. Out: text to standard output as it comes, everything else in short lines to standard
// error; or, for programs, each frame as one JSON line to standard output and nothing else.
import type { HubFrame } from "@anywork/protocol";
import { harmless, type Paint } from "../paint.ts";
import { notesOn } from "./notes.ts";

export interface Display {
  show(frame: HubFrame): void;
  /** A line of this command's own. */
  note(line: string): void;
  /** The last frame was shown: ends the line it stands on. */
  end(): void;
}

export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
}

export function createJsonDisplay(stdout: Stream): Display {
  return {
    show: (frame) => void stdout.write(`${JSON.stringify(frame)}\n`),
    note: () => undefined,
    end: () => undefined,
  };
}

export function createTextDisplay({
  stdout,
  stderr,
  paint,
}: {
  stdout: Stream;
  stderr: Stream;
  paint: Paint;
}): Display {
  let isMidLine = false;

  function text(content: string): void {
    if (content === "") return;
    stdout.write(stdout.isTTY ? harmless(content) : content);
    isMidLine = !content.endsWith("\n");
  }

  function endLine(): void {
    if (isMidLine) stdout.write("\n");
    isMidLine = false;
  }

  function note(line: string): void {
    // On a terminal both streams are one screen; elsewhere a note leaves the answer as it is.
    if (stdout.isTTY) endLine();
    stderr.write(`${line}\n`);
  }

  return {
    show(frame) {
      if (frame.type === "text") return text(frame.content);
      // What is said after a tool's work is a paragraph of its own.
      if (frame.type === "tool_call") endLine();
      for (const line of notesOn(frame, paint)) note(line);
    },
    note,
    end: endLine,
  };
}
