// The one place where the server reads flags, environment and files. Order: flag > environment > .env in the working
// folder > config.yaml > default. What is wrong is reported all at once, each with what to do.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { type Config, configSchema, type ProviderConfig } from "@anywork/protocol";
import { parse as parseYaml } from "yaml";
import { isLoopback } from "./auth/addresses.ts";
import { providerFromEnvironment } from "./model/provider-environment.ts";
import { Secret } from "./secret.ts";

export interface ServerConfig extends Omit<Config, "provider"> {
  /** Absolute path of ANYWORK_HOME. */
  home: string;
  provider: (Omit<ProviderConfig, "apiKey"> & { apiKey: Secret }) | null;
  /** Opens the sign-in link in a browser where there is a desktop. */
  open: boolean;
}

export type ConfigResult = { ok: true; config: ServerConfig } | { ok: false; problems: string[] };
export interface ConfigSources {
  argv: string[];
  env: Record<string, string | undefined>;
  cwd: string;
  platform: NodeJS.Platform;
}

type Layer = Record<string, unknown>;

const flagOptions = {
  home: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  auth: { type: "string" },
  driver: { type: "string" },
  open: { type: "boolean", default: false },
} as const;

export function readConfig(sources: ConfigSources): ConfigResult {
  const problems: string[] = [];
  const flags = readFlags(sources.argv, problems);
  const env = { ...readDotEnv(join(sources.cwd, ".env"), problems), ...withoutEmpty(sources.env) };
  const home = resolve(sources.cwd, flags.home ?? env.ANYWORK_HOME ?? defaultHome(sources));
  const file = readYaml(join(home, "config.yaml"), problems);
  const layers = [file, fromEnvironment(env), fromFlags(flags)];
  const parsed = configSchema.safeParse(Object.assign({}, ...layers));
  if (!parsed.success) problems.push(...describe(parsed.error.issues));
  if (problems.length > 0 || !parsed.success) return { ok: false, problems };
  const { provider, ...config } = parsed.data;
  if (config.auth === "off" && !isLoopback(config.host)) {
    return {
      ok: false,
      problems: [
        `auth: off is only possible on a loopback address, not on ${config.host}. Set ANYWORK_HOST=127.0.0.1 or ANYWORK_AUTH=on.`,
      ],
    };
  }
  const sealed = provider ? { ...provider, apiKey: new Secret(provider.apiKey) } : null;
  return { ok: true, config: { ...config, home, provider: sealed, open: flags.open ?? false } };
}

interface Flags {
  home?: string | undefined;
  port?: string | undefined;
  host?: string | undefined;
  auth?: string | undefined;
  driver?: string | undefined;
  open?: boolean | undefined;
}

function readFlags(argv: string[], problems: string[]): Flags {
  try {
    return parseArgs({ args: argv, options: flagOptions, strict: true }).values;
  } catch (error) {
    problems.push(`${(error as Error).message} Flags: --port, --host, --home, --auth, --driver, --open.`);
    return {};
  }
}

function readDotEnv(path: string, problems: string[]): Record<string, string | undefined> {
  const text = readIfThere(path, problems);
  return text === null ? {} : withoutEmpty(parseEnv(text));
}

function readYaml(path: string, problems: string[]): Layer {
  const text = readIfThere(path, problems);
  if (text === null) return {};
  try {
    const value: unknown = parseYaml(text, { maxAliasCount: 20 });
    if (value === null || value === undefined) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Layer;
    problems.push(`${path} must hold settings by name, like “port: 7100”.`);
  } catch (error) {
    problems.push(`${path} is not valid YAML: ${(error as Error).message.split("\n")[0]} Mend or remove the file.`);
  }
  return {};
}

function readIfThere(path: string, problems: string[]): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") problems.push(`${path} cannot be read: ${message}.`);
    return null;
  }
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

function fromEnvironment(env: Record<string, string | undefined>): Layer {
  const provider = providerFromEnvironment(env);
  return compact({
    host: env.ANYWORK_HOST,
    port: toNumber(env.ANYWORK_PORT ?? env.SERVER_PORT),
    auth: env.ANYWORK_AUTH,
    driver: env.ANYWORK_DRIVER ?? env.CONTAINER_DRIVER,
    logLevel: env.ANYWORK_LOG_LEVEL,
    provider,
  });
}

function fromFlags(flags: Flags): Layer {
  return compact({ host: flags.host, port: toNumber(flags.port), auth: flags.auth, driver: flags.driver });
}

/** A text that is no number stays one, so that the schema names the problem. */
function toNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

function compact(layer: Layer): Layer {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

function describe(issues: readonly { path: PropertyKey[]; message: string }[]): string[] {
  return issues.map(({ path, message }) => {
    const name = path.join(".");
    const variable = environmentNames[name];
    return `${name === "" ? "configuration" : name}: ${message}.${variable ? ` Set by ${variable}, --${name} or config.yaml.` : " Set in config.yaml."}`;
  });
}

const environmentNames: Record<string, string | undefined> = {
  host: "ANYWORK_HOST",
  port: "ANYWORK_PORT",
  auth: "ANYWORK_AUTH",
  driver: "ANYWORK_DRIVER",
};

function defaultHome({ env, platform }: ConfigSources): string {
  const home = env.HOME ?? homedir();
  if (platform === "darwin") return join(home, "Library", "Application Support", "anywork");
  if (platform === "win32") return join(env.APPDATA ?? join(home, "AppData", "Roaming"), "anywork");
  return join(env.XDG_DATA_HOME ?? join(home, ".local", "share"), "anywork");
}
