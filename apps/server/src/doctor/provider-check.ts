import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseEnv } from "node:util";
import type { DoctorCheck } from "@anywork/protocol";
import { z } from "zod";
import type { ServerConfig } from "../config.ts";
import { ok, warning } from "./check.ts";
import type { RunningHub } from "./hub-check.ts";

interface Sources {
  home: string;
  hub: RunningHub | null;
  config: ServerConfig | null;
  env: Record<string, string | undefined>;
  cwd: string;
}

const variables = ["API_KEY", "API_BASE_URL", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"];
const connect = "Paste a key in the page, or set ANTHROPIC_API_KEY or OPENAI_API_KEY and start again.";
const keptSchema = z.object({
  kind: z.enum(["demo", "key"]),
  name: z.string().optional(),
  model: z.string().optional(),
});

/** Which model answers and where that is set; never the key. */
export function checkProvider(sources: Sources): DoctorCheck {
  const { hub, config, home } = sources;
  const running = hub?.answers?.status.provider;
  if (running?.demo) return demo();
  if (running) {
    if (!running.configured) return missing();
    const where = running.source === "stored" ? "kept by AnyWork" : origin(sources);
    return ok("provider", `${running.name}, model ${running.model}, ${where}.`);
  }
  const configured = config?.provider;
  if (configured) return ok("provider", `${configured.name}, model ${configured.model}, ${origin(sources)}.`);
  const kept = readKept(join(home, "anywork.db"));
  if (kept === null) return missing();
  return kept.kind === "demo" ? demo() : ok("provider", `${kept.name}, model ${kept.model}, kept by AnyWork.`);
}

const missing = () =>
  warning("provider", "No model provider is connected.", `${connect} The page also offers an offline demo.`);
const demo = () => warning("provider", "The offline demo answers: a simulator, not a model.", connect);

/** As far as this process can see: a running hub may have been started with another environment. */
function origin({ env, cwd }: Sources): string {
  const fromProcess = variables.find((name) => env[name]);
  if (fromProcess) return `from the environment (${fromProcess})`;
  const file = readDotEnv(join(cwd, ".env"));
  const fromFile = variables.find((name) => file[name]);
  return fromFile ? `from .env (${fromFile})` : "from config.yaml or the hub's own environment";
}

function readDotEnv(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch {
    return {}; // Not there; one that cannot be read is reported as a problem of the configuration.
  }
}

/** What the page's choice left in the store, read without touching it. */
function readKept(path: string): z.infer<typeof keptSchema> | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare("SELECT value FROM settings WHERE key = 'provider'").get();
    return row ? keptSchema.parse(JSON.parse(String(row.value))) : null;
  } catch {
    return null; // No database yet, or a damaged one: its own check says so.
  } finally {
    database?.close();
  }
}
