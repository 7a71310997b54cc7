import { createHash } from "node:crypto";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The name of a session's folder and files on disk: never the caller's own words. */
export function workspaceName(sessionId: string): string {
  if (uuid.test(sessionId)) return sessionId;
  return `s-${createHash("sha256").update(sessionId).digest("hex").slice(0, 32)}`;
}
