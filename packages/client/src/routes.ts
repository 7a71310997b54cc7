// Method and path of every route, as plain values: the page must not carry the schemas (and zod) of `api` with it.
// The type says that this table and `api` agree; a route that is missing or differs does not compile.
import type { api, RouteName } from "@anywork/protocol";

type Table = { readonly [N in RouteName]: readonly [(typeof api)[N]["method"], (typeof api)[N]["path"]] };

export const routes: Table = {
  health: ["GET", "/api/health"],
  status: ["GET", "/api/status"],
  openapi: ["GET", "/api/openapi.json"],
  signIn: ["POST", "/api/auth/sign-in"],
  signOut: ["POST", "/api/auth/sign-out"],
  who: ["GET", "/api/auth/who"],
  newSignInLink: ["POST", "/api/auth/links"],
  listSessions: ["GET", "/api/sessions"],
  createSession: ["POST", "/api/sessions"],
  getSession: ["GET", "/api/sessions/:id"],
  renameSession: ["PATCH", "/api/sessions/:id"],
  deleteSession: ["DELETE", "/api/sessions/:id"],
  sessionMessages: ["GET", "/api/sessions/:id/messages"],
  sessionTasks: ["GET", "/api/sessions/:id/tasks"],
  createTask: ["POST", "/api/tasks"],
  listTasks: ["GET", "/api/tasks"],
  getTask: ["GET", "/api/tasks/:id"],
  taskLogs: ["GET", "/api/tasks/:id/logs"],
  taskEvents: ["GET", "/api/tasks/:id/events"],
  cancelTask: ["POST", "/api/tasks/:id/cancel"],
  retryTask: ["POST", "/api/tasks/:id/retry"],
  workers: ["GET", "/api/workers"],
  putProvider: ["PUT", "/api/provider"],
  checkProvider: ["POST", "/api/provider/check"],
  useDemo: ["POST", "/api/provider/demo"],
  deleteProvider: ["DELETE", "/api/provider"],
  getSoul: ["GET", "/api/workspace/soul"],
  putSoul: ["PUT", "/api/workspace/soul"],
  getAgents: ["GET", "/api/workspace/agents"],
  putAgents: ["PUT", "/api/workspace/agents"],
};
