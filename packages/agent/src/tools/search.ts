import { text } from "node:stream/consumers";
import { resolveInside } from "@anywork/guard";
import { z } from "zod";
import { outputLimitChars } from "./output.ts";
import { defineTool, type ToolResult } from "./tool.ts";

const lineLimit = 300;

export const search = defineTool({
  name: "search",
  description: "Searches the workspace's files for a pattern (ripgrep's regular expressions); returns file:line:text.",
  permission: "read",
  schema: z.object({
    pattern: z.string().min(1),
    path: z.string().min(1).optional().describe("file or folder, relative to the workspace"),
    glob: z.string().min(1).optional().describe("only such files, e.g. *.ts"),
    ignore_case: z.boolean().optional(),
  }),
  async execute({ pattern, path = ".", glob, ignore_case = false }, { sandbox, workspace, signal }) {
    const ripgrep = await findRipgrep();
    if (ripgrep === null) return { ok: false, output: "ripgrep is not installed here. Use bash with grep -rn." };
    const where = await resolveInside(workspace, path);
    const options = ["--line-number", "--no-heading", "--with-filename", "--color=never", "--sort=path", "--hidden"];
    const limits = ["--max-columns=300", "--max-columns-preview", "--max-count=50", "--glob=!.git"];
    const chosen = [...(glob === undefined ? [] : [`--glob=${glob}`]), ...(ignore_case ? ["--ignore-case"] : [])];
    const child = sandbox.spawn({
      argv: [ripgrep, ...options, ...limits, ...chosen, `--regexp=${pattern}`, "--", where],
      cwd: workspace,
      workspace,
      readable: [ripgrep],
    });
    const stop = () => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(stop, 30_000);
    try {
      const [out, problem, exit] = await Promise.all([firstPart(child.stdout, stop), text(child.stderr), child.exited]);
      return report(out, problem, exit.code, `${workspace}/`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      await child.kill();
    }
  },
});

/** What fits; then the search is ended, so that a million matches cost nothing. */
async function firstPart(stream: AsyncIterable<Buffer>, stop: () => void): Promise<string> {
  let out = "";
  for await (const chunk of stream) {
    if (out.length < outputLimitChars) out += chunk.toString("utf8");
    if (out.length >= outputLimitChars) stop();
  }
  return out;
}

/** Exit codes of ripgrep: 0 found, 1 nothing found, 2 error. */
function report(out: string, problem: string, code: number | null, prefix: string): ToolResult {
  if (out === "") {
    const isEmpty = code === 1;
    return { ok: isEmpty, output: isEmpty ? "(no matches)" : problem.slice(0, 2000) || "The search was ended." };
  }
  const lines = out.replaceAll(prefix, "").trimEnd().split("\n");
  const more = lines.length > lineLimit || out.length >= outputLimitChars ? "\n[more matches; narrow the search]" : "";
  return { ok: true, output: lines.slice(0, lineLimit).join("\n").slice(0, outputLimitChars) + more };
}

/** The npm package holds one binary per platform; it throws where there is none. */
async function findRipgrep(): Promise<string | null> {
  return import("@vscode/ripgrep").then(
    ({ rgPath }) => rgPath,
    () => null,
  );
}
