import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Dispatcher, Store, Streams } from "@anywork/core";
import { workspaceName } from "@anywork/guard";
import { AnyWorkError, type Session } from "@anywork/protocol";
import type { AgentFile, AgentFiles } from "../../agent-files.ts";
import type { Home } from "../../home.ts";
import type { Handlers } from "../app.ts";
import { page } from "./tasks.ts";

type SessionRoutes =
  | "listSessions"
  | "createSession"
  | "getSession"
  | "renameSession"
  | "deleteSession"
  | "sessionMessages"
  | "sessionTasks"
  | "getSoul"
  | "putSoul"
  | "getAgents"
  | "putAgents";

export interface SessionHandlerDeps {
  store: Store;
  dispatcher: Dispatcher;
  streams: Streams;
  files: AgentFiles;
  home: Home;
  clock: Clock;
  agents: readonly string[];
  newId: () => string;
}

export function sessionHandlers(deps: SessionHandlerDeps): Pick<Handlers, SessionRoutes> {
  const { store, dispatcher, streams, files, home, clock } = deps;

  async function find(id: string | undefined): Promise<Session> {
    const session = id === undefined ? null : await store.sessions.get(id);
    if (!session) throw new AnyWorkError("not_found", "There is no such session.");
    return session;
  }

  async function removeFiles(id: string): Promise<void> {
    const name = workspaceName(id);
    await rm(join(home.workspacesDir, name), { recursive: true, force: true });
    await rm(join(home.sessionsDir, `${name}.jsonl`), { force: true });
  }

  /** Its open tasks are canceled first; their end is awaited, because no worker may write into a removed session. */
  async function endTasks(id: string): Promise<void> {
    for (const taskId of dispatcher.open(id)) {
      const task = await store.tasks.get(taskId);
      if (!task || task.finishedAt !== null) continue;
      const stop = new AbortController();
      const ended = new Promise<void>((resolve) => {
        const onEvents = (events: readonly { stored: { taskId: string; event: { type: string } } }[]) => {
          if (events.some(({ stored }) => stored.taskId === taskId && stored.event.type === "done")) resolve();
        };
        const onReset = () => undefined;
        // Where its end cannot be seen, the store says whether the session may be removed.
        streams.subscribe({ sessionId: id, after: 0, onEvents, onReset, signal: stop.signal }).catch(() => resolve());
      });
      try {
        await dispatcher.cancel(taskId).catch((error: unknown) => {
          if (!(error instanceof AnyWorkError && error.code === "task_terminal")) throw error;
        });
        await ended;
      } finally {
        stop.abort();
      }
    }
  }

  const readFile = (file: AgentFile) => async (call: { query: { sessionId?: string | undefined } }) => {
    const { sessionId } = call.query;
    if (sessionId !== undefined) await find(sessionId);
    return await files.read(file, sessionId);
  };
  const writeFile =
    (file: AgentFile) => async (call: { query: { sessionId?: string | undefined }; body: { content: string } }) => {
      const { sessionId } = call.query;
      if (sessionId !== undefined) await find(sessionId);
      return await files.write(file, call.body.content, sessionId);
    };

  return {
    async listSessions({ query }) {
      const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
      const found = await store.sessions.list({ limit: query.limit + 1, ...(before && { before }) });
      const sessions = found.slice(0, query.limit);
      const last = sessions.at(-1);
      return { sessions, ...(found.length > query.limit && last && { nextCursor: `${last.updatedAt}~${last.id}` }) };
    },
    async createSession({ body }) {
      const agent = body.agent ?? "default";
      if (!deps.agents.includes(agent))
        throw new AnyWorkError("invalid_request", `agent: there is none named “${agent}”`, { field: "agent" });
      const session = {
        id: body.id ?? deps.newId(),
        title: body.title ?? "",
        channel: "api",
        agent,
        createdAt: clock.now(),
      };
      return await store.sessions.create(session);
    },
    getSession: ({ params }) => find(params.id),
    async renameSession({ params, body }) {
      const { id } = await find(params.id);
      return (await store.sessions.rename(id, body.title)) ?? (await find(id));
    },
    async deleteSession({ params }) {
      const { id } = await find(params.id);
      await endTasks(id);
      await store.sessions.remove(id);
      await removeFiles(id);
      return { ok: true as const };
    },
    async sessionMessages({ params, query }) {
      const { id } = await find(params.id);
      return await streams.snapshot(id, { limit: query.limit, ...(query.before && { before: query.before }) });
    },
    async sessionTasks({ params, query }) {
      const { id } = await find(params.id);
      const { limit, cursor } = query;
      return page(
        await store.tasks.list({ sessionId: id, limit: limit + 1, ...(cursor && { before: cursor }) }),
        limit,
      );
    },
    getSoul: readFile("SOUL.md"),
    putSoul: writeFile("SOUL.md"),
    getAgents: readFile("AGENTS.md"),
    putAgents: writeFile("AGENTS.md"),
  };
}

function readCursor(cursor: string): { updatedAt: string; id: string } {
  const [, updatedAt, id] = /^([^~]+)~(.+)$/.exec(cursor) ?? [];
  if (updatedAt === undefined || id === undefined) {
    throw new AnyWorkError("invalid_request", "cursor: must be a nextCursor of this list", { field: "cursor" });
  }
  return { updatedAt, id };
}
