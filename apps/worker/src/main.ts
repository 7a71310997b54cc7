// A worker: an own process that runs the attempts of many sessions and journals what they say before it sends it.
// Its configuration is one line on standard input; it reads no environment. Routes: routes.ts. One attempt: run.ts.
import { createServer } from "node:http";
import { openSandbox, systemClock } from "@anywork/engines";
import { createRouter, readBoot, servePrivate } from "@anywork/guard/process";
import { workerBootSchema } from "@anywork/protocol";
import { pino } from "pino";
import { createAttempts } from "./attempts.ts";
import { createRoutes } from "./routes.ts";
import { createSessions } from "./sessions.ts";

const sweepMs = 60 * 60 * 1000;

// For `doctor`, when no worker runs that could tell.
if (process.argv[2] === "--probe-sandbox") {
  const { state } = await openSandbox({ mode: "auto", network: false });
  process.stdout.write(`${JSON.stringify(state)}\n`);
  process.exit(0);
}

const boot = await readBoot(process.stdin, (value) => workerBootSchema.parse(value));
const log = pino({ base: { worker: boot.id } }, pino.destination({ dest: 2, sync: true }));

const { sandbox, state } = await openSandbox(boot.sandbox);
const sessions = createSessions({ home: boot.home, deps: { sandbox, clock: systemClock } });
const attempts = createAttempts({ home: boot.home, sessions });
attempts.sweep();
setInterval(() => attempts.sweep(), sweepMs).unref();

const routes = createRoutes({
  attempts,
  sessions,
  version: boot.version,
  sandbox: state,
  isEnding: () => own.isEnding(),
});
const onError = (error: Error) => log.error({ err: error }, "a request failed");
const server = createServer({ keepAliveTimeout: 0 }, createRouter(routes, { token: boot.token, onError }));
const isBusy = () => attempts.running().length > 0;
const own = await servePrivate({ kind: "worker", boot, server, isBusy });
log.info({ socket: boot.socket, version: boot.version, sandbox: state }, "ready");

log.info({ why: await own.ended }, "ending");
await sessions.close();
own.leave();
