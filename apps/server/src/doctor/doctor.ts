// `doctor`: looks at everything and changes nothing. Prints one JSON document; the command line renders it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DoctorCheck, DoctorReport } from "@anywork/protocol";
import { readConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { version } from "../version.ts";
import { ok, problem } from "./check.ts";
import { checkDatabase } from "./database.ts";
import { checkDisk } from "./disk.ts";
import { checkHome } from "./home-check.ts";
import { checkHub, findRunningHub } from "./hub-check.ts";
import { checkGateway, checkWorkers } from "./processes.ts";
import { checkProvider } from "./provider-check.ts";
import { checkSandbox } from "./sandbox-check.ts";

export interface DoctorSources {
  argv: string[];
  env: Record<string, string | undefined>;
  cwd: string;
  platform: NodeJS.Platform;
  layout: Layout;
}

const neededNode = 24;

/** `doctor --home DIR`; the home is resolved by whoever starts it. */
export async function examine(sources: DoctorSources): Promise<DoctorReport> {
  const { argv, env, cwd, platform, layout } = sources;
  const { home = join(cwd, "anywork") } = parseArgs({ args: argv, options: { home: { type: "string" } } }).values;
  const read = readConfig({ argv: ["--home", home], env, cwd, platform });
  const config = read.ok ? read.config : null;
  const hub = await findRunningHub(home);
  const checks: DoctorCheck[] = [
    checkNode(process.versions.node),
    ...checkHome(home, platform),
    ...checkConfiguration(read.ok ? [] : read.problems, existsSync(join(home, "config.yaml"))),
    await checkHub(home, hub, config),
    checkProvider({ home, hub, config, env, cwd }),
    checkGateway(hub, layout),
    checkWorkers(hub, layout),
    await checkSandbox(hub, layout, config),
    await checkDisk(home),
    checkDatabase(home, hub),
  ];
  return { version, home, checks };
}

function checkNode(found: string): DoctorCheck {
  if (Number(found.split(".")[0]) >= neededNode) return ok("node", `Node ${found}.`);
  const remedy = "Run npm ci, or install Node 24 from nodejs.org.";
  return problem("node", `Node ${found} is too old; AnyWork needs ${neededNode}.`, remedy);
}

function checkConfiguration(problems: string[], hasFile: boolean): DoctorCheck[] {
  if (problems.length === 0) {
    return [
      ok("configuration", hasFile ? "config.yaml and the environment are valid." : "Valid; there is no config.yaml."),
    ];
  }
  const remedy = "Correct it there; every setting stands in docs/configuration.md.";
  return problems.map((text) => problem("configuration", text, remedy));
}
