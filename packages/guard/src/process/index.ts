export {
  type Call,
  createRouter,
  hasBearer,
  matchesSecret,
  type Route,
  readJson,
  route,
  sendError,
  sendJson,
} from "./http.ts";
export { type Life, type PrivateProcess, readBoot, servePrivate } from "./life.ts";
