// The hub's side of the gateway process: starts or finds it, tells it the provider and the tokens of running attempts,
// and starts it again when it died.
import type { Clock, Log } from "@anywork/core";
import { createUnixClient, findProcesses, startProcess, type UnixClient } from "@anywork/drivers";
import {
  AnyWorkError,
  type CheckResult,
  checkResultSchema,
  type GatewayAccess,
  type GatewayUsage,
  gatewayUsageListSchema,
  type ProcessRecord,
  type Upstream,
} from "@anywork/protocol";
import { askToEnd } from "../ask-to-end.ts";

export interface Gateway {
  /** Calls go to this provider from now on; null: to none. */
  use(upstream: Upstream | null): Promise<void>;
  /** A token for one attempt. Throws provider_missing when there is no provider, worker_unavailable when it is down. */
  open(task: { id: string; sessionId: string }): Promise<GatewayAccess>;
  close(task: { id: string }): Promise<void>;
  /** One real call with the key. */
  check(provider: {
    style: Upstream["style"];
    base_url: string;
    api_key: string;
    model?: string;
  }): Promise<CheckResult>;
  /** What was metered since the last time goes into `take`, and is forgotten once that is done. */
  settle(take: (calls: GatewayUsage[]) => Promise<void>): Promise<void>;
  isHealthy(): boolean;
  /** Lets go of it; with end it is told to go too. */
  stop(end: boolean): Promise<void>;
}

export interface GatewayOptions {
  home: string;
  runDir: string;
  command: string[];
  env: Record<string, string>;
  version: string;
  orphanExitMs: number;
  /** The token of a task, always the same: a restarted hub must know those that running workers hold. */
  tokenOf: (taskId: string) => string;
  clock: Clock;
  log: Log;
}

interface Link {
  record: ProcessRecord;
  client: UnixClient;
}

const restartDelaysMs = [100, 500, 2_000, 5_000];
const beatMs = 2_000;
/** How long a call waits for a gateway that is being started again. */
const patienceMs = 10_000;

/** Starts it in the background; the first call that needs it waits. */
export function createGateway(options: GatewayOptions): Gateway {
  const { log, clock } = options;
  const tokens = new Map<string, { token: string; session_id: string }>();
  /** Undefined until it is known: a gateway found alive keeps what an earlier hub told it. */
  let upstream: Upstream | null | undefined;
  let link: Link | null = null;
  let isStopped = false;
  let failures = 0;
  let stopBeat: (() => void) | null = null;
  let isUp = false;
  let waiting: (() => void)[] = [];

  async function connect(): Promise<void> {
    const [found] = await findProcesses(options.runDir, "gateway");
    if (found?.record.version === options.version && found.health !== null) adopt(found.record);
    else await start();
    await tellAll();
    failures = 0;
    isUp = true;
    for (const wake of waiting) wake();
    waiting = [];
  }

  async function start(): Promise<void> {
    const { home, runDir, command, env, version } = options;
    const boot = { orphan_exit_ms: options.orphanExitMs };
    const started = await startProcess({ kind: "gateway", home, runDir, command, env, version, boot });
    adopt(started.record);
    void started.exited.then((reason) => lost(started.record, reason));
  }

  function adopt(record: ProcessRecord): void {
    link?.client.close();
    link = { record, client: createUnixClient(record) };
  }

  async function tellAll(): Promise<void> {
    if (upstream !== undefined) await send("PUT", "/control/upstream", { upstream });
    for (const [taskId, token] of tokens) await send("PUT", `/control/tokens/${taskId}`, token);
  }

  function lost(record: ProcessRecord, reason: string): void {
    if (isStopped || link?.record !== record) return;
    log.warn({ gateway: record.id, reason }, "the gateway is gone and is started again");
    link.client.close();
    link = null;
    isUp = false;
    reconnect();
  }

  function reconnect(): void {
    const delay = restartDelaysMs[Math.min(failures, restartDelaysMs.length - 1)] ?? 5_000;
    failures += 1;
    clock.after(delay, () => {
      if (isStopped) return;
      connect().catch((error: unknown) => {
        log.error({ error }, "the gateway did not start");
        reconnect();
      });
    });
  }

  /** Asks again once when the gateway died: each request may be repeated. */
  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    await whenUp();
    const asked = link;
    try {
      return await send(method, path, body);
    } catch (error) {
      if (!asked || !(error instanceof AnyWorkError) || error.code !== "worker_lost") throw error;
      lost(asked.record, error.message);
      await whenUp();
      return await send(method, path, body);
    }
  }

  /** Resolves when it is up and knows all, or when nobody can wait any longer. */
  async function whenUp(): Promise<void> {
    if (isUp || isStopped) return;
    await new Promise<void>((resolve) => {
      const giveUp = clock.after(patienceMs, resolve);
      waiting.push(() => {
        giveUp();
        resolve();
      });
    });
  }

  async function send(method: string, path: string, body?: unknown): Promise<unknown> {
    if (!link) {
      throw new AnyWorkError("worker_unavailable", "The gateway to the model provider is being started again.", {
        hint: "Try once more in a few seconds.",
        retryAfterS: 2,
      });
    }
    return await link.client.json(method, path, body);
  }

  /** A gateway of an earlier hub is no child of this one: its end is seen by asking. */
  function beat(): void {
    stopBeat = clock.after(beatMs, () => {
      const asked = link;
      if (!asked) return beat();
      asked.client
        .json("GET", "/health")
        .catch((error: unknown) => lost(asked.record, String(error)))
        .finally(() => !isStopped && beat());
    });
  }

  const firstTry = connect().catch((error: unknown) => {
    log.error({ error }, "the gateway did not start");
    reconnect();
  });
  void firstTry.then(beat);

  return {
    async use(next) {
      upstream = next;
      await control("PUT", "/control/upstream", { upstream });
    },
    async open(task) {
      if (!upstream) throw providerMissing();
      const token = { token: options.tokenOf(task.id), session_id: task.sessionId };
      tokens.set(task.id, token);
      await control("PUT", `/control/tokens/${task.id}`, token);
      return { socket: link?.record.address ?? "", token: token.token, style: upstream.style };
    },
    async close(task) {
      // One that is started anew never hears of this token.
      if (!tokens.delete(task.id)) return;
      await firstTry;
      if (link) await control("DELETE", `/control/tokens/${task.id}`);
    },
    async check(provider) {
      return checkResultSchema.parse(await control("POST", "/control/check", provider));
    },
    async settle(take) {
      const { usage } = gatewayUsageListSchema.parse(await control("GET", "/control/usage?after=0"));
      const last = usage.at(-1);
      if (!last) return;
      await take(usage);
      await control("POST", "/control/usage/settled", { n: last.n });
    },
    isHealthy: () => isUp,
    async stop(end) {
      isStopped = true;
      for (const wake of waiting) wake();
      stopBeat?.();
      if (end) await firstTry;
      const pid = link?.record.pid;
      link?.client.close();
      if (end && pid !== undefined) askToEnd(pid);
    },
  };
}

export function providerMissing(): AnyWorkError {
  return new AnyWorkError("provider_missing", "No model provider is connected.", {
    hint: "Paste a key in Settings, set ANTHROPIC_API_KEY or OPENAI_API_KEY, or try the offline demo.",
  });
}
