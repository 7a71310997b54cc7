import type { ProviderStyle } from "@anywork/protocol";
import { createAiSdkProvider } from "./ai-sdk.ts";
import type { Provider } from "./provider.ts";

export interface ProviderSettings {
  style: ProviderStyle;
  /** Address up to and with the version segment, e.g. https://api.anthropic.com/v1 */
  baseUrl: string;
  /** The provider's key, or with `bearer` a token that a gateway takes in its place. */
  apiKey: string;
  /** Send the key as `Authorization: Bearer`, whatever the provider's own way is. */
  bearer?: boolean;
  /** Default: the global fetch. */
  fetch?: typeof fetch;
  /** Default: 90 s. */
  idleTimeoutMs?: number;
}

/** The provider that speaks this style. The vendor's adapter is loaded with the first call. */
export function createProvider(settings: ProviderSettings): Provider {
  const { style, idleTimeoutMs = 90_000 } = settings;
  let loading: Promise<ModelFactory> | undefined;
  return createAiSdkProvider({
    style,
    idleTimeoutMs,
    async model(id, fetch) {
      loading ??= loaders[style](settings);
      return (await loading)(id, fetch);
    },
    fetch: settings.fetch ?? globalThis.fetch,
  });
}

type ModelFactory = (id: string, send: typeof fetch) => import("@ai-sdk/provider").LanguageModelV4;

const loaders: Record<ProviderStyle, (settings: ProviderSettings) => Promise<ModelFactory>> = {
  async anthropic({ baseUrl: baseURL, apiKey, bearer }) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    const auth = bearer ? { authToken: apiKey } : { apiKey };
    return (id, fetch) => createAnthropic({ baseURL, ...auth, fetch }).languageModel(id);
  },
  async openai({ baseUrl: baseURL, apiKey }) {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const options = { name: "openai", baseURL, apiKey, includeUsage: true };
    return (id, fetch) => createOpenAICompatible({ ...options, fetch }).languageModel(id);
  },
};
