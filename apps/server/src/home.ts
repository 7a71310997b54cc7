// ANYWORK_HOME: its folders, the owner's token and the master key, all for the owner's eyes only.
import { randomBytes } from "node:crypto";
import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AnyWorkError } from "@anywork/protocol";

export interface Home {
  root: string;
  database: string;
  runDir: string;
  logsDir: string;
  lockFile: string;
  agentsDir: string;
  workspacesDir: string;
  sessionsDir: string;
  /** The owner's token, 256 bits, as it lies in `token`. */
  token: string;
  masterKey: Buffer;
}

/** Makes what is missing. Throws home_unwritable with the folder's name. */
export function openHome(root: string): Home {
  try {
    for (const folder of ["", "run", "logs", "journal", "sessions", "workspaces", "skills", "agents/default"]) {
      mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    }
    chmodSync(root, 0o700);
    for (const file of ["anywork.db", "hub.lock"]) makePrivate(join(root, file));
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return {
      root,
      database: join(root, "anywork.db"),
      runDir: join(root, "run"),
      logsDir: join(root, "logs"),
      lockFile: join(root, "hub.lock"),
      agentsDir: join(root, "agents"),
      workspacesDir: join(root, "workspaces"),
      sessionsDir: join(root, "sessions"),
      token: readOrMake(join(root, "token"), () => randomBytes(32).toString("hex")),
      masterKey: readMasterKey(join(root, "master.key")),
    };
  } catch (error) {
    if (error instanceof AnyWorkError) throw error;
    throw new AnyWorkError("home_unwritable", `AnyWork cannot use the folder ${root}: ${(error as Error).message}`, {
      hint: "Make it writable, or name another one with ANYWORK_HOME or --home.",
      cause: error,
    });
  }
}

/** SQLite would make it readable for all; what it makes beside a file gets that file's mode. */
function makePrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

function readOrMake(path: string, make: () => string): string {
  try {
    writeFileSync(path, `${make()}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  chmodSync(path, 0o600);
  return readFileSync(path, "utf8").trim();
}

function readMasterKey(path: string): Buffer {
  const key = Buffer.from(
    readOrMake(path, () => randomBytes(32).toString("base64")),
    "base64",
  );
  if (key.length === 32) return key;
  throw new AnyWorkError("home_unwritable", `${path} does not hold a key of 32 bytes.`, {
    hint: "Restore it from a backup. Without it the keys that AnyWork kept cannot be read; remove it to begin anew.",
  });
}
