import type { Dispatcher, Driver } from "@anywork/core";
import { type AnyWorkError, openApi, type Status } from "@anywork/protocol";
import { type Access, cookieName, readCookie } from "../../auth/access.ts";
import type { SignIns } from "../../auth/sign-ins.ts";
import type { ServerConfig } from "../../config.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { ProviderSettings } from "../../model/provider.ts";
import { accessRequest, type Handlers } from "../app.ts";

type InstallationRoutes =
  | "health"
  | "status"
  | "openapi"
  | "signIn"
  | "signOut"
  | "who"
  | "newSignInLink"
  | "workers"
  | "putProvider"
  | "checkProvider"
  | "useDemo"
  | "deleteProvider";

export interface InstallationHandlerDeps {
  version: string;
  config: ServerConfig;
  access: Access;
  signIns: SignIns;
  dispatcher: Dispatcher;
  driver: Driver;
  gateway: Gateway;
  providers: ProviderSettings;
  demoPrompts: Status["demoPrompts"];
  storeProblem: () => AnyWorkError | null;
  /** http://host:port of this hub. */
  address: () => string;
  port: () => number;
  uptimeS: () => number;
}

export function installationHandlers(deps: InstallationHandlerDeps): Pick<Handlers, InstallationRoutes> {
  const { version, config, access, signIns, providers } = deps;

  async function sandbox(): Promise<Status["sandbox"]> {
    const workers = await deps.driver.list();
    const known = workers.find((worker) => worker.sandbox !== null)?.sandbox;
    if (!known) return { kind: "unknown", reason: null, hint: null };
    const hint =
      known.kind === "none"
        ? "Install bubblewrap (Debian, Ubuntu: apt install bubblewrap) and start AnyWork again."
        : null;
    return { kind: known.kind, reason: known.reason ?? null, hint };
  }

  return {
    health: async () => ({ status: "ok", version }),
    openapi: async () => openApi(version),
    async status() {
      const problem = deps.storeProblem();
      const provider = await providers.state();
      return {
        version,
        uptimeS: deps.uptimeS(),
        home: config.home,
        auth: config.auth,
        driver: config.driver,
        provider,
        gateway: { healthy: deps.gateway.isHealthy() },
        sandbox: await sandbox(),
        tasks: deps.dispatcher.counts(),
        store: { healthy: problem === null, message: problem?.message ?? null },
        demoPrompts: provider.demo ? deps.demoPrompts : [],
      };
    },
    async signIn({ body }) {
      const { cookie, maxAgeS } = await signIns.signIn(body.code, access.isToken);
      return withCookie(`${cookieName(deps.port())}=${cookie}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${maxAgeS}`);
    },
    async signOut({ request }) {
      const cookie = readCookie(request.headers.get("cookie") ?? "", cookieName(deps.port()));
      if (cookie) await signIns.signOut(cookie);
      return withCookie(`${cookieName(deps.port())}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`);
    },
    who: async ({ request }) => ({ signedIn: await access.isOwner(accessRequest(request.headers)), auth: config.auth }),
    async newSignInLink() {
      const { code, expiresAt } = signIns.newCode();
      return { url: `${deps.address()}/#code=${code}`, expiresAt };
    },
    async workers() {
      const workers = await deps.driver.list();
      return { workers: workers.map(({ sandbox: _, ...worker }) => worker) };
    },
    putProvider: ({ body }) => providers.put(body),
    checkProvider: ({ body }) => providers.check(body),
    useDemo: () => providers.useDemo(),
    deleteProvider: () => providers.forget(),
  };
}

function withCookie(cookie: string): Response {
  return Response.json({ ok: true }, { headers: { "set-cookie": cookie } });
}
