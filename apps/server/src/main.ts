// The hub's process: configuration, start, one line with the sign-in link, and an orderly end.
import { mkdirSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import { demoPrompts } from "@anywork/model-sim";
import { toAnyWorkError } from "@anywork/protocol";
import { pino } from "pino";
import { readConfig } from "./config.ts";
import { startHub } from "./hub.ts";
import { findLayout } from "./layout.ts";
import { openInBrowser } from "./open-browser.ts";

const stderr = (line: string) => process.stderr.write(`${line}\n`);

function fail(lines: string[], exitCode: number): never {
  for (const line of lines) stderr(line);
  process.exit(exitCode);
}

if (process.argv[2] === "doctor") {
  const { examine } = await import("./doctor/doctor.ts");
  const [argv, layout] = [process.argv.slice(3), findLayout(import.meta.url, process.execPath)];
  const report = await examine({ argv, env: process.env, cwd: process.cwd(), platform: process.platform, layout });
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
  await new Promise(() => undefined);
}

const read = readConfig({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
});
if (!read.ok)
  fail(["AnyWork cannot start with this configuration:", ...read.problems.map((problem) => `  - ${problem}`)], 2);
const { config } = read;

// A closed pipe (`npm start | head -1`) must not end the hub.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

/** Opened here, so that an early end finds it open; a home that cannot be used is startHub's to explain. */
function openLog(home: string): number {
  try {
    mkdirSync(join(home, "logs"), { recursive: true, mode: 0o700 });
    return openSync(join(home, "logs", "hub.log"), "a", 0o600);
  } catch {
    return openSync(devNull, "a");
  }
}
// An error's message is no property of its own: without the serializer a log line would hold `{}`.
const serializers = { error: pino.stdSerializers.err };
const log = pino({ level: config.logLevel, serializers }, pino.destination({ fd: openLog(config.home), sync: false }));

try {
  const layout = findLayout(import.meta.url, process.execPath);
  const hub = await startHub({ config, layout, env: process.env, log, demoPrompts });
  process.stdout.write(`${hub.signInLink}\n`);
  if (config.open) openInBrowser(hub.signInLink);
  hub.warnings().then(
    (warnings) => warnings.forEach(stderr),
    (error: unknown) => log.error({ error }, "the sandbox could not be looked at"),
  );

  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await hub.stop().catch((error: unknown) => log.error({ error }, "the hub did not stop cleanly"));
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (thrown) {
  const error = toAnyWorkError(thrown);
  fail([error.message, ...(error.hint ? [error.hint] : []), `(${error.code})`], 1);
}
