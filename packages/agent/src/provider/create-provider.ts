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
    async model(id) {
      loading ??= loaders[style](settings);
      return (await loading)(id);
    },
  });
}

type ModelFactory = (id: string) => import("@ai-sdk/provider").LanguageModelV4;

const loaders: Record<ProviderStyle, (settings: ProviderSettings) => Promise<ModelFactory>> = {
  async anthropic({ baseUrl: baseURL, apiKey, bearer, fetch }) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    const auth = bearer ? { authToken: apiKey } : { apiKey };
    const anthropic = createAnthropic({ baseURL, ...auth, ...(fetch && { fetch }) });
    return (id) => anthropic.languageModel(id);
  },
  async openai({ baseUrl: baseURL, apiKey, fetch }) {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const openai = createOpenAICompatible({
      name: "openai",
      baseURL,
      apiKey,
      includeUsage: true,
      ...(fetch && { fetch }),
    });
    return (id) => openai.languageModel(id);
  },
};
