import { openForWriting } from "@anywork/guard";
import { z } from "zod";
import { defineTool } from "./tool.ts";

export const write = defineTool({
  name: "write",
  description: `Writes a file of the workspace, with the folders it needs; what was in it is replaced.
Results meant for the person belong into files/outputs/.`,
  permission: "write",
  schema: z.object({
    path: z.string().min(1).describe("relative to the workspace"),
    content: z.string().describe("the whole file"),
  }),
  async execute({ path, content }, { workspace }) {
    const handle = await openForWriting(workspace, path);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return { ok: true, output: `Wrote ${Buffer.byteLength(content)} bytes to ${path}.` };
  },
});
