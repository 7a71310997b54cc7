export { type Call, createRouter, type Route, readJson, route, sendJson } from "./http.ts";
export { readBoot, servePrivate } from "./life.ts";
