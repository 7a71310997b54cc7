// The one place where the command line reads its environment. The home is found by the server's own rule
// (apps/server/src/config.ts): flag > ANYWORK_HOME > .env of the working folder > the OS's data folder.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { Complaint, exitCodes } from "./exit-codes.ts";

export interface HomeSources {
  /** What --home says. */
  flag?: string | undefined;
  env: Record<string, string | undefined>;
  cwd: string;
  platform: NodeJS.Platform;
}

/** Absolute path of ANYWORK_HOME. Throws a Complaint when `.env` is there and cannot be read. */
export function findHome({ flag, env: outer, cwd, platform }: HomeSources): string {
  const env = { ...readDotEnv(join(cwd, ".env")), ...withoutEmpty(outer) };
  return resolve(cwd, flag ?? env.ANYWORK_HOME ?? defaultHome(env, platform));
}

export function homeOf(flag: string | undefined): string {
  return findHome({ flag, env: process.env, cwd: process.cwd(), platform: process.platform });
}

function readDotEnv(path: string): Record<string, string | undefined> {
  try {
    return withoutEmpty(parseEnv(readFileSync(path, "utf8")));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new Complaint(`${path} cannot be read: ${message}.`, "Mend or remove it.", exitCodes.usage);
  }
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

function defaultHome(env: Record<string, string | undefined>, platform: NodeJS.Platform): string {
  const home = env.HOME ?? homedir();
  if (platform === "darwin") return join(home, "Library", "Application Support", "anywork");
  if (platform === "win32") return join(env.APPDATA ?? join(home, "AppData", "Roaming"), "anywork");
  return join(env.XDG_DATA_HOME ?? join(home, ".local", "share"), "anywork");
}
