import type { SettingStore } from "@anywork/core";
import { AnyWorkError } from "@anywork/protocol";
import { expect, test } from "vitest";
import type { Gateway } from "./gateway.ts";
import { createProviderSettings } from "./provider.ts";
import { createSealer } from "./seal.ts";

test("a kept key that cannot be opened is no obstacle once another one was pasted", async () => {
  const kept = new Map([
    ["provider", '{"kind":"key","name":"a","style":"anthropic","baseUrl":"http://a","model":"m","sealed":"v1.x"}'],
  ]);
  const settings = {
    get: async (key: string) => kept.get(key) ?? null,
    put: async (key: string, value: string | null) => void kept.set(key, value ?? ""),
  } as unknown as SettingStore;
  const gateway = {
    use: async () => undefined,
    check: async () => ({ ok: true, model: "new", models: ["new"] }),
  } as unknown as Gateway;
  const providers = createProviderSettings({
    configured: null,
    settings,
    sealer: createSealer(Buffer.alloc(32, 1)),
    gateway,
    demo: { start: async () => "http://demo/v1", stop: () => undefined },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  await expect(providers.model()).rejects.toBeInstanceOf(AnyWorkError);
  await providers.put({ style: "openai", apiKey: "sk-1", model: "new" });
  expect(await providers.model()).toBe("new");
});
