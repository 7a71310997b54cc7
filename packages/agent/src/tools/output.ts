// In: the bytes a command prints, however many. Out: their head and tail for the model, all of them (up to 50 MB) in a
// file of the workspace, and a live view. Memory stays small whatever comes.
import type { FileHandle } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { openForWriting } from "@anywork/guard";

export const outputLimitChars = 30_000;
const headChars = outputLimitChars / 2;
const fileLimitBytes = 50 * 1024 * 1024;

export interface Output {
  /** Wait for it before the next write: that is the back-pressure. */
  write(chunk: Buffer): Promise<void>;
  /** What the model gets; closes the file. */
  end(): Promise<string>;
  /** Relative to the workspace. */
  readonly file: string;
}

export interface OutputOptions {
  workspace: string;
  callId: string;
  onOutput(text: string): void;
  /** Write the file from the first byte on, not only when the output is long. */
  alwaysFile?: boolean;
}

export function createOutput({ workspace, callId, onOutput, alwaysFile = false }: OutputOptions): Output {
  const file = `files/outputs/.tool-output/${callId.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 100)}.log`;
  const decoder = new StringDecoder("utf8");
  let head = "";
  let tail = "";
  let chars = 0;
  let bytes = 0;
  let handle: FileHandle | undefined;
  let pending: Buffer[] = [];

  function take(text: string): void {
    if (text === "") return;
    chars += text.length;
    const room = headChars - head.length;
    head += text.slice(0, room);
    if (text.length > room) tail = (tail + text.slice(room)).slice(-headChars);
    onOutput(text);
  }

  async function keep(chunk: Buffer): Promise<void> {
    if (handle === undefined) {
      pending.push(chunk);
      if (!alwaysFile && chars <= outputLimitChars) return;
      handle = await openForWriting(workspace, file);
    } else pending.push(chunk);
    const all = Buffer.concat(pending);
    pending = [];
    const fits = all.subarray(0, Math.max(0, fileLimitBytes - bytes));
    bytes += fits.length;
    if (fits.length > 0) await handle.write(fits);
  }

  // stdout and stderr write at the same time; the file gets one after the other.
  let last: Promise<void> = Promise.resolve();
  return {
    file,
    write(chunk) {
      take(decoder.write(chunk));
      last = last.then(() => keep(chunk));
      return last;
    },
    async end() {
      take(decoder.end());
      await last;
      await handle?.close();
      handle = undefined;
      if (chars <= outputLimitChars) return head + tail;
      const cut = bytes >= fileLimitBytes ? " (its first 50 MB)" : "";
      const hole = `\n\n[… ${chars - head.length - tail.length} characters left out; the whole output${cut} is in ${file} …]\n\n`;
      return head + hole + tail;
    },
  };
}
