// The hub: everything is made here, in the order in which it is needed, and let go in the reverse order.
import { createHash, createHmac } from "node:crypto";
import { channels } from "@anywork/channels";
import {
  type AttemptDeps,
  createBus,
  createDispatcher,
  createIntake,
  createSessionLogs,
  createStreams,
  type Log,
} from "@anywork/core";
import { childEnvironment, createProcessDriver } from "@anywork/drivers";
import type { AnyWorkError } from "@anywork/protocol";
import { createSqliteStore } from "@anywork/stores";
import { v7 as uuidv7 } from "uuid";
import { createAgentFiles } from "./agent-files.ts";
import { createAgentResolver } from "./agents.ts";
import { askToEnd } from "./ask-to-end.ts";
import { createAccess } from "./auth/access.ts";
import { inUrl } from "./auth/addresses.ts";
import { createSignIns } from "./auth/sign-ins.ts";
import { systemClock as clock } from "./clock.ts";
import type { ServerConfig } from "./config.ts";
import { openHome } from "./home.ts";
import { createApp } from "./http/app.ts";
import { installationHandlers } from "./http/handlers/installation.ts";
import { sessionHandlers } from "./http/handlers/sessions.ts";
import { taskHandlers } from "./http/handlers/tasks.ts";
import { createPage } from "./http/page.ts";
import { takeHubLock } from "./hub-lock.ts";
import type { Layout } from "./layout.ts";
import { listen } from "./listen.ts";
import { createDemo } from "./model/demo.ts";
import { createGateway } from "./model/gateway.ts";
import { createProviderSettings } from "./model/provider.ts";
import { createSealer } from "./model/seal.ts";
import { createScope } from "./scope.ts";
import { serveSockets } from "./socket/upgrade.ts";
import { version } from "./version.ts";

export interface Hub {
  /** http://host:port */
  address: string;
  /** The page's address with a one-time code, or bare when nobody needs to sign in. */
  signInLink: string;
  /** What the person must know at the start, in sentences. */
  warnings(): Promise<string[]>;
  /** Running tasks go on in their workers; without any, workers and gateway end too. */
  stop(): Promise<void>;
}

export interface HubOptions {
  config: ServerConfig;
  layout: Layout;
  /** The environment of this process; what workers and gateway get of it is chosen from it. */
  env: Record<string, string | undefined>;
  log: Log;
  demoPrompts: { title: string; prompt: string }[];
}

const flushMs = 5_000;

/** Throws home_unwritable, home_locked, store_unavailable, port_in_use; what was made until then is let go. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const scope = createScope();
  try {
    return await build(options, scope);
  } catch (error) {
    await scope.close().catch((late: unknown) => options.log.error({ error: late }, "a failed start left something"));
    throw error;
  }
}

async function build(
  { config, layout, env, log, demoPrompts }: HubOptions,
  scope: ReturnType<typeof createScope>,
): Promise<Hub> {
  const startedAt = clock.monotonicMs();
  const home = openHome(config.home);
  const lock = takeHubLock(home.lockFile, home.runDir);
  scope.add(() => lock.release());

  // ── processes: started first, because they take longest ──
  const ours = {
    home: home.root,
    runDir: home.runDir,
    env: childEnvironment(env),
    version,
    orphanExitMs: config.workers.orphanExitMs,
    log,
  };
  const tokenOf = (taskId: string) =>
    createHmac("sha256", home.masterKey).update(`gateway-token:${taskId}`).digest("hex");
  /** Null while the tasks are not known yet: then only what has nothing to do is ended. */
  let endProcesses: boolean | null = null;
  const gateway = createGateway({ ...ours, command: layout.gateway, tokenOf, clock });
  scope.add(() => gateway.stop(endProcesses ?? false));
  const driver = createProcessDriver({
    ...ours,
    command: layout.worker,
    maxWorkers: config.workers.max,
    sessionsPerWorker: config.workers.sessionsPerWorker,
    sandbox: config.sandbox,
  });
  scope.add(async () => {
    // One that is just being started would be missed.
    await warm;
    const workers = await driver.list();
    endProcesses ??= workers.every((worker) => worker.activeSessions === 0);
    driver.close();
    for (const { pid } of endProcesses ? workers : []) if (pid !== null) askToEnd(pid);
  });
  const warm = driver.warm().catch((error: unknown) => log.error({ error }, "the first worker did not start"));

  // ── state ──
  const store = await createSqliteStore({
    path: home.database,
    ...(layout.storeThread && { threadUrl: layout.storeThread }),
  });
  scope.add(() => store.close());
  let storeProblem: AnyWorkError | null = null;
  const onStoreHealth = (error: AnyWorkError | null) => {
    storeProblem = error;
    if (error) log.error({ error }, "the store refuses writes");
  };
  const bus = createBus((error) => log.error({ error }, "a reader of events failed"));
  const logs = createSessionLogs({ store, bus, clock, log, onStoreHealth });
  const streams = createStreams({ store, logs, bus });

  // ── models and agents ──
  const demo = createDemo({ command: layout.modelSim, env: childEnvironment(env) });
  scope.add(() => demo.stop());
  const sealer = createSealer(home.masterKey);
  const providers = createProviderSettings({
    configured: config.provider,
    settings: store.settings,
    sealer,
    gateway,
    demo,
    log,
  });
  const files = createAgentFiles(home);
  const attempts: AttemptDeps = {
    store,
    logs,
    driver,
    clock,
    log,
    resolveAgent: createAgentResolver({ config, files, providers }),
    gateway: {
      open: async (task) => (config.agents[task.agent]?.engine === "echo" ? null : await gateway.open(task)),
      async close(task) {
        await gateway.close(task);
        await gateway.settle((calls) => store.usage.add(calls));
      },
    },
  };
  const dispatcher = createDispatcher(attempts);
  const agents = Object.keys(config.agents);
  const newId = () => uuidv7();
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  const intake = createIntake({
    store,
    dispatcher,
    clock,
    newId,
    digest,
    agents,
    queuedPerSession: config.limits.queuedPerSession,
  });
  await dispatcher.recover();
  scope.add(async () => {
    endProcesses = dispatcher.counts().running === 0;
    dispatcher.stop();
    // A store that refuses must not keep the hub from ending: what is not stored stands in the workers' journals.
    await Promise.race([logs.flush(), new Promise<void>((wake) => clock.after(flushMs, wake))]);
  });

  // ── doors ──
  let port = config.port;
  const portNow = () => port;
  const signIns = createSignIns({ settings: store.settings, clock });
  const access = createAccess({ auth: config.auth, host: config.host, port: portNow, token: home.token, signIns });
  const address = () => `http://${inUrl(config.host)}:${port}`;
  const installation = {
    version,
    config,
    access,
    signIns,
    dispatcher,
    driver,
    gateway,
    providers,
    demoPrompts,
    address,
    port: portNow,
  };
  const app = createApp({
    access,
    log,
    page: await createPage(layout.page),
    handlers: {
      ...installationHandlers({
        ...installation,
        storeProblem: () => storeProblem,
        uptimeS: () => (clock.monotonicMs() - startedAt) / 1000,
      }),
      ...sessionHandlers({ store, dispatcher, streams, files, home, clock, agents, newId }),
      ...taskHandlers({ store, intake, dispatcher, streams }),
    },
  });
  const server = await listen(app, config);
  port = server.port;
  const webchat = channels.webchat.create();
  const hasSession = async (id: string) => (await store.sessions.get(id)) !== null;
  const isOpen = async (sessionId: string, taskId: string) => {
    const task = await store.tasks.get(taskId);
    return task?.sessionId === sessionId && task.finishedAt === null;
  };
  const sessions = { hasSession, isOpen };
  const sockets = serveSockets(server.http, access, { webchat, intake, dispatcher, streams, bus, log, ...sessions });
  scope.add(() => server.close());
  scope.add(() => sockets.close());
  lock.announce({
    id: "hub",
    kind: "hub",
    pid: process.pid,
    address: address(),
    token: "",
    version,
    startedAt: clock.now(),
  });

  return {
    address: address(),
    signInLink: config.auth === "off" ? `${address()}/` : `${address()}/#code=${signIns.newCode().code}`,
    async warnings() {
      await warm;
      const workers = await driver.list();
      const missing = workers.find((worker) => worker.sandbox?.kind === "none")?.sandbox;
      return missing
        ? [
            `Tools run unsandboxed${missing.reason ? `: ${missing.reason}` : ""}. Install bubblewrap (apt install bubblewrap) and start again.`,
          ]
        : [];
    },
    stop: () => scope.close(),
  };
}
