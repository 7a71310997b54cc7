// SOUL.md and AGENTS.md: the default agent's own, and a session's copies once they were edited for it.
import { lstatSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openForReading, openForWriting, workspaceName } from "@anywork/guard";

export type AgentFile = "SOUL.md" | "AGENTS.md";

export interface AgentFiles {
  /** `own` is true when the session has its own copy (always for the default agent). */
  read(file: AgentFile, sessionId?: string): Promise<{ content: string; own: boolean }>;
  write(file: AgentFile, content: string, sessionId?: string): Promise<{ content: string; own: boolean }>;
}

const defaultSoul = `# Who you are

You are a capable coworker. You do the work with your tools rather than describing how it could be done, check what you
made by running it, and say plainly what you did, what you found and what is left.
`;

const defaultInstructions = `# How to work here

- Your working folder is this session's workspace. Put what the person should get into files/outputs/.
- What they gave you lies in files/uploads/.
- Keep answers short. Name the files you made.
`;

const defaults: Record<AgentFile, string> = { "SOUL.md": defaultSoul, "AGENTS.md": defaultInstructions };

/** A session's folder belongs to its agent, which may have put links there: every path is opened through the guard. */
export function createAgentFiles({
  agentsDir,
  workspacesDir,
}: {
  agentsDir: string;
  workspacesDir: string;
}): AgentFiles {
  const ofAgent = join(agentsDir, "default");
  const ofSession = (sessionId: string) => join(workspacesDir, workspaceName(sessionId));

  return {
    async read(file, sessionId) {
      const own = sessionId === undefined ? null : await readIfThere(ofSession(sessionId), file);
      if (own !== null) return { content: own, own: true };
      return { content: (await readIfThere(ofAgent, file)) ?? defaults[file], own: sessionId === undefined };
    },
    async write(file, content, sessionId) {
      const root = sessionId === undefined ? ofAgent : ofSession(sessionId);
      await mkdir(root, { recursive: true, mode: 0o700 });
      await using handle = await openForWriting(root, file);
      await handle.writeFile(content);
      return { content, own: true };
    },
  };
}

async function readIfThere(root: string, file: string): Promise<string | null> {
  // Nearly always there is none, and this is on the way to every first token.
  if (lstatSync(join(root, file), { throwIfNoEntry: false }) === undefined) return null;
  try {
    await using handle = await openForReading(root, file);
    return (await handle.readFile("utf8")).slice(0, 200_000);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
