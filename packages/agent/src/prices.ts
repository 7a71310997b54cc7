import type { CallUsage } from "./provider/provider.ts";

/** US dollars per million tokens. List prices as published by the providers; as of 2025-12-01. */
interface Price {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

const price = (input: number, output: number, cacheRead = input / 10, cacheWrite = input * 1.25): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});

/** By the model's name. */
const prices: readonly (readonly [name: string, price: Price])[] = [
  ["claude-opus-4-5", price(5, 25)],
  ["claude-opus-4-1", price(15, 75)],
  ["claude-opus-4-0", price(15, 75)],
  ["claude-opus-4", price(15, 75)],
  ["claude-sonnet-4-5", price(3, 15)],
  ["claude-sonnet-4-0", price(3, 15)],
  ["claude-sonnet-4", price(3, 15)],
  ["claude-haiku-4-5", price(1, 5)],
  ["claude-3-7-sonnet", price(3, 15)],
  ["claude-3-5-haiku", price(0.8, 4)],
  ["gpt-5-nano", price(0.05, 0.4, 0.005, 0.05)],
  ["gpt-5-mini", price(0.25, 2, 0.025, 0.25)],
  ["gpt-5", price(1.25, 10, 0.125, 1.25)],
  ["gpt-4.1-nano", price(0.1, 0.4, 0.025, 0.1)],
  ["gpt-4.1-mini", price(0.4, 1.6, 0.1, 0.4)],
  ["gpt-4.1", price(2, 8, 0.5, 2)],
  ["gpt-4o-mini", price(0.15, 0.6, 0.075, 0.15)],
  ["gpt-4o", price(2.5, 10, 1.25, 2.5)],
];

/** What a call cost, or null for a model whose price is not known here. `input_tokens` are those not read from a cache. */
export function costOf(model: string, usage: CallUsage): number | null {
  const known = prices.find(([name]) => isOfFamily(model, name))?.[1];
  if (!known) return null;
  const { input_tokens, output_tokens, cache_read_tokens = 0, cache_write_tokens = 0 } = usage;
  const micro =
    input_tokens * known.input +
    output_tokens * known.output +
    cache_read_tokens * known.cacheRead +
    cache_write_tokens * known.cacheWrite;
  return micro / 1e6;
}

/** The name itself or a dated one of it: `gpt-5` has no say in what `gpt-5.9` or `gpt-5-pro` costs. */
function isOfFamily(model: string, name: string): boolean {
  return model.startsWith(name) && /^([-@](\d{8}|\d{4}-\d{2}-\d{2}|latest))?$/.test(model.slice(name.length));
}
