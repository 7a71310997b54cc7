// No sandbox: commands run as we do. Explicit, or where no sandbox works; start, page and doctor say so plainly.
import { randomUUID } from "node:crypto";
import { startChild } from "./child.ts";
import { environment, ownNodeFolder } from "./environment.ts";
import { descendants, processesWith } from "./process-tree.ts";
import type { Sandbox } from "./sandbox.ts";

const marker = "ANYWORK_TOOL_RUN";

export function createNoSandbox(): Sandbox {
  return {
    kind: "none",
    describe: () => [
      { name: "filesystem", enforced: false, detail: "commands may read and write what this user may" },
      { name: "network", enforced: false, detail: "commands reach what this machine reaches" },
      { name: "processes", enforced: false, detail: "ended by process tree and a mark in the environment" },
      { name: "environment", enforced: true, detail: "commands get a small environment, none of ours" },
      { name: "memory", enforced: false, detail: "no limit" },
      { name: "cpu", enforced: false, detail: "only the command's timeout" },
    ],
    spawn({ argv: [program, ...args], cwd, workspace, env }) {
      const mark = randomUUID();
      return startChild({
        program,
        args,
        cwd,
        env: { ...environment(workspace, ownNodeFolder), ...env, [marker]: mark },
        find: ({ pid, isRunning }) => {
          const tree = isRunning ? [pid, ...descendants(pid)] : [];
          const marked = processesWith(`${marker}=${mark}`);
          if (process.platform !== "linux") return isRunning ? [-pid] : [];
          return [...new Set([...tree, ...marked])];
        },
      });
    },
  };
}
