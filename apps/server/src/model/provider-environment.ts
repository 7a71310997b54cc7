import type { ConfigInput, ProviderStyle } from "@anywork/protocol";

type Environment = Record<string, string | undefined>;

/** What is used when nobody names a model. */
export const defaultModels: Record<ProviderStyle, string> = { anthropic: "claude-sonnet-5-5", openai: "gpt-5.5" };
export const defaultBaseUrls: Record<ProviderStyle, string> = {
  anthropic: "https://api.anthropic.com/v1",
  openai: "https://api.openai.com/v1",
};

/**
 * The provider that the environment names: API_KEY with API_BASE_URL, API_STYLE and MODEL, else ANTHROPIC_API_KEY, else
 * OPENAI_API_KEY, each with its base address. MODEL names the model of any of them.
 */
export function providerFromEnvironment(env: Environment): ConfigInput["provider"] | undefined {
  if (env.API_KEY !== undefined || env.API_BASE_URL !== undefined) {
    const style = (env.API_STYLE ?? "openai") as ProviderStyle;
    return provider("custom", style, env.API_KEY ?? "none", env.API_BASE_URL, env.MODEL);
  }
  if (env.ANTHROPIC_API_KEY !== undefined) {
    return provider("anthropic", "anthropic", env.ANTHROPIC_API_KEY, env.ANTHROPIC_BASE_URL, env.MODEL);
  }
  if (env.OPENAI_API_KEY !== undefined) {
    return provider("openai", "openai", env.OPENAI_API_KEY, env.OPENAI_BASE_URL, env.MODEL);
  }
  return undefined;
}

function provider(
  name: string,
  style: ProviderStyle,
  apiKey: string,
  baseUrl: string | undefined,
  model: string | undefined,
) {
  return {
    name,
    style,
    apiKey,
    baseUrl: baseUrl === undefined ? defaultBaseUrls[style] : withVersion(baseUrl, style),
    model: model ?? defaultModels[style],
  };
}

/**
 * Anthropic's own clients take the address without its version segment, ours and OpenAI's with it: both forms are
 * understood. What is no address stays as it is for the schema to refuse.
 */
export function withVersion(baseUrl: string, style: ProviderStyle): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const url = new URL(baseUrl);
  const path = url.pathname.replace(/\/+$/, "");
  const needsVersion = style === "anthropic" ? !/\/v\d+$/.test(path) : path === "";
  url.pathname = needsVersion ? `${path}/v1` : path;
  return url.href.replace(/\/+$/, "");
}
