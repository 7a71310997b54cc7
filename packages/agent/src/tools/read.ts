import { openForReading } from "@anywork/guard";
import { z } from "zod";
import { outputLimitChars } from "./output.ts";
import { defineTool } from "./tool.ts";

const readLimitBytes = 5 * 1024 * 1024;

export const read = defineTool({
  name: "read",
  description: "Reads a text file of the workspace. Long files come in parts: use offset and limit (lines).",
  permission: "read",
  schema: z.object({
    path: z.string().min(1).describe("relative to the workspace"),
    offset: z.number().int().min(1).optional().describe("first line, from 1"),
    limit: z.number().int().min(1).optional().describe("lines at most; default 2000"),
  }),
  async execute({ path, offset = 1, limit = 2000 }, { workspace }) {
    const handle = await openForReading(workspace, path);
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.min(size, readLimitBytes));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      const bytes = buffer.subarray(0, bytesRead);
      if (bytes.includes(0)) return { ok: false, output: `${path} is a binary file of ${size} bytes.` };
      return { ok: true, output: part(bytes.toString("utf8"), { offset, limit, isCut: size > readLimitBytes }) };
    } finally {
      await handle.close();
    }
  },
});

function part(text: string, { offset, limit, isCut }: { offset: number; limit: number; isCut: boolean }): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const wanted = lines.slice(offset - 1, offset - 1 + limit);
  const shown = wanted.join("\n").slice(0, outputLimitChars);
  const shownLines = shown.split("\n").length;
  const last = offset - 1 + shownLines;
  if (wanted.length === 0) return lines.length === 0 ? "(empty file)" : `(the file has ${lines.length} lines only)`;
  if (isCut) return `${shown}\n[lines ${offset} to ${last} of a file larger than 5 MB; use bash for the rest]`;
  if (last < lines.length)
    return `${shown}\n[lines ${offset} to ${last} of ${lines.length}; go on with offset ${last + 1}]`;
  return shown;
}
