// In: a provider and one call. Out: its events, the call repeated after a pause while nothing of it has been shown.
import type { ErrorCode } from "@anywork/protocol";
import type { Clock } from "../clock.ts";
import { ProviderFailure } from "./failure.ts";
import type { Provider, ProviderEvent, ProviderRequest } from "./provider.ts";

export interface RetryEvent {
  type: "retrying";
  code: ErrorCode;
  message: string;
  delayMs: number;
  /** This is retry n … */
  retry: number;
  /** … of so many at most. */
  of: number;
}

export interface RetryDeps {
  clock: Clock;
  /** 0 ≤ n < 1 */
  random: () => number;
}

const tries = 5;
const baseMs = 500;
const capMs = 60_000;
const repeatable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
  "provider_unreachable",
]);

/** Throws as the provider does: what is not worth a repeat, the last of the tries, and every failure after output. */
export async function* streamWithRetries(
  provider: Provider,
  request: ProviderRequest,
  { clock, random, signal }: RetryDeps & { signal: AbortSignal },
): AsyncGenerator<ProviderEvent | RetryEvent> {
  for (let retry = 1; ; retry += 1) {
    let shown = false;
    try {
      for await (const event of provider.stream(request, signal)) {
        shown = true;
        yield event;
      }
      return;
    } catch (error) {
      if (shown || retry >= tries || !isRepeatable(error)) throw error;
      const delayMs = delayOf(error, retry, random);
      if (delayMs > capMs) throw error; // the provider asks for more patience than a task has
      yield { type: "retrying", code: error.code, message: error.message, delayMs, retry, of: tries - 1 };
      await clock.sleep(delayMs, signal);
    }
  }
}

const isRepeatable = (error: unknown): error is ProviderFailure =>
  error instanceof ProviderFailure && error.transient && repeatable.has(error.code);

/** Full jitter (Brooker, "Exponential Backoff And Jitter", 2015); a retry-after is honoured as it is. */
function delayOf(error: ProviderFailure, retry: number, random: () => number): number {
  if (error.retryAfterS !== undefined) return Math.round(error.retryAfterS * 1000);
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** retry));
}
