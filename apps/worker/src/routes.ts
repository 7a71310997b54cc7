// The worker protocol as routes. In: the hub's requests, checked by protocol's schemas. Out: attempts and their streams.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { engines } from "@anywork/engines";
import { type Call, type Route, readJson, route, sendJson } from "@anywork/guard/process";
import {
  AnyWorkError,
  cancelRequestSchema,
  chatRequestSchema,
  forgetRequestSchema,
  prepareRequestSchema,
  resumeSchema,
  sessionIdSchema,
  type WorkerHealth,
} from "@anywork/protocol";
import type { Attempts } from "./attempts.ts";
import type { Sessions } from "./sessions.ts";
import { type Source, streamJournal } from "./stream.ts";

export interface RouteDeps {
  attempts: Attempts;
  sessions: Sessions;
  version: string;
  sandbox: WorkerHealth["sandbox"];
  /** True from SIGTERM on: nothing new is taken. */
  isEnding: () => boolean;
}

export function createRoutes(deps: RouteDeps): Route[] {
  const { attempts, sessions } = deps;
  const takeNew = () => {
    if (deps.isEnding()) throw new AnyWorkError("unavailable", "this worker is ending");
  };
  const stream = async ({ response }: Call, source: Source, after: number) => {
    response.once("finish", () => attempts.noteRead(source));
    await streamJournal(response, source, after);
  };

  return [
    route("POST", "/prepare", async ({ request, response }) => {
      takeNew();
      const { session_id, skills, mcp_servers } = await readJson(request, prepareRequestSchema);
      sessions.prepare(session_id, { skills, mcp_servers });
      sendJson(response, { status: "ready" });
    }),
    route("POST", "/chat", async (call) => {
      takeNew();
      const request = await readJson(call.request, chatRequestSchema);
      await stream(call, await attempts.start(request), 0);
    }),
    route("GET", "/tasks/:task/attempts/:n/events", async (call) => {
      const taskId = call.params.task ?? "";
      const attempt = readCount("attempt", call.params.n);
      const after = readCount("after", call.query.get("after") ?? "0");
      await stream(call, await attempts.find({ taskId, attempt }), after);
    }),
    route("POST", "/tasks/:task/answer", async ({ request, response, params }) => {
      await attempts.answer(params.task ?? "", await readJson(request, resumeSchema));
      sendJson(response, { status: "answered" });
    }),
    route("POST", "/cancel", async ({ request, response }) => {
      const { session_id, task_id } = await readJson(request, cancelRequestSchema);
      attempts.cancel(session_id, task_id);
      sendJson(response, { status: "canceling" });
    }),
    route("POST", "/forget", async ({ request, response }) => {
      const { task_id, attempt } = await readJson(request, forgetRequestSchema);
      attempts.forget({ taskId: task_id, attempt });
      sendJson(response, { status: "forgotten" });
    }),
    route("GET", "/health", ({ response }) => sendJson(response, health(deps))),
    route("GET", "/sessions", ({ response }) => {
      const running = new Set(attempts.running().map(({ sessionId }) => sessionId));
      sendJson(response, { sessions: sessions.ids().map((id) => ({ id, running: running.has(id) })) });
    }),
    route("GET", "/sessions/:id", ({ response, params }) => sendHistory(response, sessions, params.id ?? "")),
  ];
}

function health({ attempts, version, sandbox }: RouteDeps): WorkerHealth {
  return {
    status: "ok",
    version,
    engines: Object.keys(engines),
    active_sessions: new Set(attempts.running().map(({ sessionId }) => sessionId)).size,
    attempts: attempts.list(),
    sandbox,
  };
}

async function sendHistory(response: Call["response"], sessions: Sessions, id: string): Promise<void> {
  const path = sessionIdSchema.safeParse(id).success ? sessions.historyFile(id) : null;
  const found = path && (await stat(path).catch(() => null));
  if (!path || !found) throw new AnyWorkError("not_found", `session ${id} has no history here`);
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  await pipeline(createReadStream(path), response);
}

function readCount(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new AnyWorkError("invalid_request", `${name} must be a whole number`, { field: name });
}
