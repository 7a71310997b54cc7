// Which provider answers: from the configuration, or kept by the product (sealed), or the demo. The gateway is told.
import type { Log, SettingStore } from "@anywork/core";
import {
  AnyWorkError,
  type Body,
  type CheckResult,
  errorCodeSchema,
  type ProviderState,
  type ProviderStyle,
} from "@anywork/protocol";
import { z } from "zod";
import type { ServerConfig } from "../config.ts";
import { Secret } from "../secret.ts";
import type { Demo } from "./demo.ts";
import { type Gateway, providerMissing } from "./gateway.ts";
import { defaultBaseUrls, defaultModels, withVersion } from "./provider-environment.ts";
import type { Sealer } from "./seal.ts";

const keptSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("demo") }),
  z.object({
    kind: z.literal("key"),
    name: z.string(),
    style: z.enum(["anthropic", "openai"]),
    baseUrl: z.string(),
    model: z.string(),
    sealed: z.string(),
  }),
]);
type Kept = z.infer<typeof keptSchema>;

interface Active {
  name: string;
  style: ProviderStyle;
  baseUrl: string;
  model: string;
  apiKey: Secret;
  demo: boolean;
  source: "config" | "stored";
}

const setting = "provider";
const sealedFor = "provider-key";

export interface ProviderSettings {
  state(): Promise<ProviderState>;
  /** The model that answers, once the gateway knows its provider. Throws provider_missing. */
  model(): Promise<string>;
  /** One real call; nothing is kept. */
  check(body: Body<"checkProvider">): Promise<CheckResult>;
  /** Keeps a provider after one real call with its key. Throws the provider's own refusal. */
  put(body: Body<"putProvider">): Promise<ProviderState>;
  useDemo(): Promise<ProviderState>;
  forget(): Promise<ProviderState>;
}

export function createProviderSettings(deps: {
  configured: ServerConfig["provider"];
  settings: SettingStore;
  sealer: Sealer;
  gateway: Gateway;
  demo: Demo;
  log: Log;
}): ProviderSettings {
  const { configured, settings, sealer, gateway, demo } = deps;
  let active: Active | null = null;

  async function activate(next: Active | null): Promise<ProviderState> {
    active = next;
    await gateway.use(
      next && { name: next.name, style: next.style, base_url: next.baseUrl, api_key: next.apiKey.reveal() },
    );
    return state();
  }

  async function fromKept(kept: Kept): Promise<Active> {
    if (kept.kind === "key") {
      return { ...kept, apiKey: sealer.unseal(kept.sealed, sealedFor), demo: false, source: "stored" };
    }
    const baseUrl = await demo.start();
    const apiKey = new Secret("demo");
    return { name: "demo", style: "anthropic", baseUrl, model: "demo", apiKey, demo: true, source: "stored" };
  }

  async function load(): Promise<void> {
    if (configured) active = { ...configured, demo: false, source: "config" };
    else {
      const kept = await settings.get(setting);
      if (kept !== null) active = await fromKept(keptSchema.parse(JSON.parse(kept)));
    }
    // A gateway that is down is told by itself as soon as it is up.
    await activate(active).catch((error: unknown) =>
      deps.log.error({ error }, "the gateway does not know the provider"),
    );
  }

  async function keep(kept: Kept): Promise<ProviderState> {
    assertChangeable();
    const next = await fromKept(kept);
    await settings.put(setting, JSON.stringify(kept));
    if (kept.kind !== "demo") demo.stop();
    return await activate(next);
  }

  function tryOut(body: Body<"checkProvider">): Promise<CheckResult> {
    const { style, apiKey, model } = body;
    return gateway.check({ style, base_url: addressOf(body), api_key: apiKey, ...(model && { model }) });
  }

  function assertChangeable(): void {
    if (!configured) return;
    throw new AnyWorkError("conflict", "The provider is set by the environment or config.yaml.", {
      hint: "Change it there and start AnyWork again.",
    });
  }

  function state(): ProviderState {
    if (!active) {
      return { configured: false, name: null, style: null, baseUrl: null, model: null, demo: false, source: null };
    }
    const { name, style, baseUrl, model, demo: isDemo, source } = active;
    return { configured: true, name, style, baseUrl, model, demo: isDemo, source };
  }

  // In the background, so that a start need not wait for gateway and simulator; whoever needs the model does.
  const loaded = load();
  loaded.catch((error: unknown) => deps.log.error({ error }, "the provider could not be set up"));
  return {
    async state() {
      await loaded.catch(() => undefined);
      return state();
    },
    async model() {
      // What could not be loaded is no obstacle once something else was chosen.
      await loaded.catch((error: unknown) => {
        if (!active) throw error;
      });
      if (!active) throw providerMissing();
      return active.model;
    },
    check: tryOut,
    async put(body) {
      assertChangeable();
      const { style, apiKey, baseUrl, model } = body;
      const address = addressOf(body);
      const checked = await tryOut(body);
      if (!checked.ok) {
        const code = errorCodeSchema.safeParse(checked.code).data ?? "provider_error";
        throw new AnyWorkError(code, checked.message, checked.hint ? { hint: checked.hint } : {});
      }
      const chosen = model ?? pickModel(style, checked.models, checked.model);
      const sealed = sealer.seal(new Secret(apiKey), sealedFor);
      const name = baseUrl ? new URL(address).host : style;
      return await keep({ kind: "key", name, style, baseUrl: address, model: chosen, sealed });
    },
    useDemo: () => keep({ kind: "demo" }),
    async forget() {
      assertChangeable();
      await settings.put(setting, null);
      demo.stop();
      return await activate(null);
    },
  };
}

function addressOf({ style, baseUrl }: Body<"checkProvider">): string {
  return baseUrl ? withVersion(baseUrl, style) : defaultBaseUrls[style];
}

function pickModel(style: ProviderStyle, models: readonly string[], checked: string): string {
  if (models.length === 0) return checked || defaultModels[style];
  return models.includes(defaultModels[style]) ? defaultModels[style] : (models[0] ?? checked);
}
