// The sessions this worker serves: their folders, their fence, what /prepare brought, their open engine sessions.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Engine, type EngineDeps, type EngineSession, engines, isEngineName } from "@anywork/engines";
import { workspaceName } from "@anywork/guard";
import { AnyWorkError, type prepareRequestSchema } from "@anywork/protocol";

/** An engine ends its processes within 12 s; one that does not is not waited for. */
const closeMs = 13_000;

type Prepared = Pick<ReturnType<typeof prepareRequestSchema.parse>, "skills" | "mcp_servers">;

export interface Sessions {
  /** Remembers skills and MCP servers for the session's next attempts; definitions come from nowhere else. */
  prepare(sessionId: string, prepared: Prepared): void;
  /** Throws stale_lease when a newer owner of the session has been here. */
  fence(sessionId: string, leaseToken: number): void;
  /** The engine's session, opened when it is the first time. Throws engine_failed for an engine that is not there. */
  open(sessionId: string, engineName: string): Promise<EngineSession>;
  /** Ends what the session's engines still run; the next task opens anew. */
  drop(sessionId: string): Promise<void>;
  ids(): string[];
  historyFile(sessionId: string): string;
  close(): Promise<void>;
}

interface SessionState {
  leaseToken: number;
  prepared: Prepared;
  opened: Map<string, Promise<EngineSession>>;
}

export function createSessions({ home, deps }: { home: string; deps: EngineDeps }): Sessions {
  const states = new Map<string, SessionState>();
  const created = new Map<string, Engine>();

  function stateOf(id: string): SessionState {
    const state = states.get(id) ?? { leaseToken: 0, prepared: { skills: [], mcp_servers: {} }, opened: new Map() };
    states.set(id, state);
    return state;
  }

  function engine(name: string): Engine {
    if (!isEngineName(name)) {
      throw new AnyWorkError("engine_failed", `there is no engine ${name}`, {
        hint: `Choose one of: ${Object.keys(engines).join(", ")}.`,
      });
    }
    const found = created.get(name) ?? engines[name].create(deps);
    created.set(name, found);
    return found;
  }

  const historyFile = (id: string) => join(home, "sessions", `${workspaceName(id)}.jsonl`);

  const workspaceOf = (id: string) => join(home, "workspaces", workspaceName(id));

  async function openSession(id: string, engineName: string): Promise<EngineSession> {
    const workspace = workspaceOf(id);
    mkdirSync(join(workspace, "files", "uploads"), { recursive: true, mode: 0o700 });
    mkdirSync(join(workspace, "files", "outputs"), { recursive: true, mode: 0o700 });
    mkdirSync(join(home, "sessions"), { recursive: true, mode: 0o700 });
    return engine(engineName).open({ id, workspace, historyFile: historyFile(id) });
  }

  async function drop(id: string): Promise<void> {
    const opened = [...(states.get(id)?.opened.values() ?? [])];
    states.get(id)?.opened.clear();
    await Promise.allSettled(opened.map(async (session) => (await session).close()));
  }

  return {
    prepare(id, prepared) {
      stateOf(id).prepared = prepared;
    },
    fence(id, leaseToken) {
      const state = stateOf(id);
      if (leaseToken < state.leaseToken) {
        throw new AnyWorkError("stale_lease", `session ${id} has a newer owner`);
      }
      state.leaseToken = leaseToken;
    },
    open(id, engineName) {
      const { opened } = stateOf(id);
      // A session that was deleted and begun again under its id is another one: nothing of the old one goes on.
      const removed = opened.size > 0 && !existsSync(workspaceOf(id)) ? drop(id) : null;
      const session =
        opened.get(engineName) ??
        (removed ? removed.then(() => openSession(id, engineName)) : openSession(id, engineName));
      opened.set(engineName, session);
      // A session that could not be opened is tried anew by the next task.
      session.catch(() => opened.delete(engineName));
      return session;
    },
    drop,
    ids: () => [...states.keys()],
    historyFile,
    async close() {
      const closed = Promise.all([...states.keys()].map(drop));
      await Promise.race([closed, sleep(closeMs, undefined, { ref: false })]);
    },
  };
}
