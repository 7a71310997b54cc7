// The gateway: the one process that holds provider keys, in memory only. Workers call models through it (proxy.ts);
// the hub tells it which provider, which tasks, and settles what was used (control.ts). It outlives the hub.
import { createServer } from "node:http";
import { join } from "node:path";
import { createRouter, readBoot, servePrivate } from "@anywork/guard/process";
import { gatewayBootSchema, type Upstream } from "@anywork/protocol";
import { pino } from "pino";
import { createControlRoutes } from "./control.ts";
import { createProxy } from "./proxy.ts";
import { createTokens } from "./tokens.ts";
import { openUsageJournal } from "./usage-journal.ts";

const boot = await readBoot(process.stdin, (value) => gatewayBootSchema.parse(value));
const log = pino({ base: { gateway: boot.id } }, pino.destination({ dest: 2, sync: true }));
const onError = (err: unknown) => log.error({ err }, "failed");

let upstream: Upstream | null = null;
const tokens = createTokens();
const usage = openUsageJournal(join(boot.home, "journal", "gateway-usage.jsonl"), onError);
const proxy = createProxy({ tokens, upstream: () => upstream, addUsage: usage.add });
const control = createRouter(
  createControlRoutes({
    version: boot.version,
    tokens,
    usage,
    upstream: () => upstream,
    setUpstream: (next) => {
      upstream = next;
    },
    active: () => proxy.active,
  }),
  { token: boot.token, onError },
);

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  if (request.url?.startsWith("/v1/")) proxy.handle(request, response);
  else control(request, response);
});
const own = await servePrivate({ kind: "gateway", boot, server, isBusy: () => proxy.active > 0 });
log.info({ socket: boot.socket, version: boot.version }, "ready");

log.info({ why: await own.ended }, "ending");
proxy.close();
usage.close();
own.leave();
