// In: frames. Out: socket writes. Frames that are ready together share one write; the next write waits until the
// kernel took the last one, so a slow reader slows the model down and costs no memory.
import type { ServerResponse } from "node:http";
import type { ByteForm } from "./script/step.ts";

const batchBytes = 32 * 1024;

export interface ByteSink {
  /** True when enough has gathered to flush. */
  push(data: string | Buffer): boolean;
  /** Resolves when the bytes left the process or the reader is gone. */
  flush(): Promise<void>;
}

export function createByteSink(response: ServerResponse, form: ByteForm): ByteSink {
  let pending: (string | Buffer)[] = [];
  let size = 0;
  return {
    push(data) {
      const formed = form.crlf ? withCrlf(data) : data;
      pending.push(formed);
      size += formed.length;
      return size >= batchBytes;
    },
    async flush() {
      const batch = pending;
      pending = [];
      size = 0;
      if (batch.length === 0) return;
      if (form.split === undefined) return writeChunk(response, joined(batch));
      for (const [i, data] of batch.entries()) {
        for (const chunk of splitFrame(Buffer.from(data), form.split, i)) {
          await writeChunk(response, chunk);
          await new Promise(setImmediate); // lets the kernel send it alone
        }
      }
    },
  };
}

export function writeChunk(response: ServerResponse, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.socket === null) return resolve();
    const settle = (): void => {
      response.off("close", settle);
      resolve();
    };
    response.once("close", settle);
    response.write(chunk, settle);
  });
}

function joined(batch: (string | Buffer)[]): string | Buffer {
  if (batch.every((data) => typeof data === "string")) return batch.join("");
  return Buffer.concat(batch.map((data) => Buffer.from(data)));
}

function withCrlf(data: string | Buffer): string | Buffer {
  if (typeof data === "string") return data.replaceAll("\n", "\r\n");
  return Buffer.from(data.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}

/** "mixed" takes three ways in turn: between the lines, inside every code point, and byte by byte. */
function splitFrame(bytes: Buffer, split: number | "mixed", turn: number): Buffer[] {
  if (split !== "mixed") return cutAt(bytes, (i) => i % split === 0);
  if (turn % 3 === 0) return cutAt(bytes, (i) => bytes[i - 1] === 0x0a);
  if (turn % 3 === 1) return cutAt(bytes, (i) => isContinuation(bytes[i]) || i === Math.floor(bytes.length / 2));
  return cutAt(bytes, () => true);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function cutAt(bytes: Buffer, isCut: (i: number) => boolean): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (let i = 1; i < bytes.length; i++) {
    if (!isCut(i)) continue;
    chunks.push(bytes.subarray(start, i));
    start = i;
  }
  chunks.push(bytes.subarray(start));
  return chunks;
}
