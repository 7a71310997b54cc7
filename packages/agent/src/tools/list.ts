import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { resolveInside } from "@anywork/guard";
import { z } from "zod";
import { defineTool } from "./tool.ts";

const entryLimit = 500;

export const list = defineTool({
  name: "list",
  description:
    "Lists files and folders of the workspace, two levels deep unless depth says otherwise. Folders end in /.",
  permission: "read",
  schema: z.object({
    path: z.string().min(1).optional().describe("relative to the workspace; default: the workspace itself"),
    depth: z.number().int().min(1).max(10).optional(),
  }),
  async execute({ path = ".", depth = 2 }, { workspace }) {
    const root = await resolveInside(workspace, path);
    const entries: string[] = [];
    await walk(root, "", depth, entries);
    if (entries.length === 0) return { ok: true, output: "(empty)" };
    const more = entries.length > entryLimit ? `\n[more than ${entryLimit} entries; list a folder of it]` : "";
    return { ok: true, output: entries.slice(0, entryLimit).join("\n") + more };
  },
});

/** Links are named, not followed. */
async function walk(root: string, below: string, depth: number, into: string[]): Promise<void> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (into.length > entryLimit) return;
    const name = join(below, entry.name);
    into.push(entry.isDirectory() ? `${name}/` : name);
    if (entry.isDirectory() && depth > 1) await walk(root, name, depth - 1, into);
  }
}
