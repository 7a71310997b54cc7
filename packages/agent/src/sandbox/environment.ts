import path from "node:path";

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** All that a command of an agent finds in its environment. */
export function environment(workspace: string, nodeFolder: string): Record<string, string> {
  return {
    PATH: `${nodeFolder}:${systemPath}`,
    HOME: workspace,
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    TERM: "dumb",
  };
}

/** The folder of the node that runs us. */
export const ownNodeFolder = path.dirname(process.execPath);
