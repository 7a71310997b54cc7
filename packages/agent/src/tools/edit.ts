import { openForReading, openForWriting } from "@anywork/guard";
import { z } from "zod";
import { defineTool } from "./tool.ts";

const editLimitBytes = 5 * 1024 * 1024;

export const edit = defineTool({
  name: "edit",
  description: "Replaces a text in a file of the workspace. old_text must occur exactly once, unless all is true.",
  permission: "write",
  schema: z.object({
    path: z.string().min(1).describe("relative to the workspace"),
    old_text: z.string().min(1).describe("exactly as it stands in the file, with its white space"),
    new_text: z.string(),
    all: z.boolean().optional().describe("replace every occurrence"),
  }),
  async execute({ path, old_text, new_text, all = false }, { workspace }) {
    const text = await readWhole(workspace, path);
    if (text === null) return { ok: false, output: `${path} is too large to edit; use bash.` };
    const count = text.split(old_text).length - 1;
    if (count === 0) return { ok: false, output: `old_text does not occur in ${path}. Read the file and try again.` };
    if (count > 1 && !all) {
      return { ok: false, output: `old_text occurs ${count} times in ${path}: give more of its surroundings, or all.` };
    }
    const handle = await openForWriting(workspace, path);
    try {
      await handle.writeFile(text.split(old_text).join(new_text));
    } finally {
      await handle.close();
    }
    return { ok: true, output: `Replaced ${count} ${count === 1 ? "occurrence" : "occurrences"} in ${path}.` };
  },
});

async function readWhole(workspace: string, path: string): Promise<string | null> {
  const handle = await openForReading(workspace, path);
  try {
    const { size } = await handle.stat();
    return size > editLimitBytes ? null : await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
