// Reading journals from disk: where a wseq ends, and how far the journal of a process that died goes.
import { type FileHandle, open } from "node:fs/promises";

const chunkBytes = 256 * 1024;
const idShape = /^event: [a-z_]+\nid: (\d+)\n/;

/** The offset just behind the frame `after`, looked for from `start`; the end of what was written when it is not there. */
export async function offsetBehind(file: FileHandle, after: number, start: number, end: number): Promise<number> {
  if (after <= 0) return 0;
  const mark = Buffer.from(`\nid: ${after}\n`);
  let carry = Buffer.alloc(0);
  let isFound = false;
  for (let at = start; at < end; ) {
    const chunk = Buffer.concat([carry, await readAt(file, at, Math.min(chunkBytes, end - at))]);
    const base = at - carry.length;
    at = base + chunk.length;
    const marked = isFound ? 0 : chunk.indexOf(mark);
    if (marked === -1) {
      carry = chunk.subarray(Math.max(chunk.length - mark.length, 0));
      continue;
    }
    isFound = true;
    const close = chunk.indexOf("\n\n", marked);
    if (close !== -1) return base + close + 2;
    carry = chunk.subarray(chunk.length - 1);
  }
  return end;
}

/** The whole frames of a journal nobody writes any more: their end in bytes and the last wseq. A torn frame is left out. */
export async function measure(file: FileHandle): Promise<{ end: number; head: number }> {
  const { size } = await file.stat();
  for (let window = chunkBytes; ; window *= 4) {
    const from = Math.max(size - window, 0);
    const tail = await readAt(file, from, size - from);
    const end = tail.lastIndexOf("\n\n");
    const before = end === -1 ? -1 : tail.subarray(0, end).lastIndexOf("\n\n");
    if (from > 0 && before === -1) continue;
    if (end === -1) return { end: 0, head: 0 };
    const frame = tail.subarray(before === -1 ? 0 : before + 2, end).toString("latin1");
    return { end: from + end + 2, head: Number(idShape.exec(frame)?.[1] ?? 0) };
  }
}

export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export async function openJournal(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw thrown;
  }
}
