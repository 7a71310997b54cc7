import { setTimeout as delay } from "node:timers/promises";

/** Time as the agent needs it; injected, so that tests need not wait. */
export interface Clock {
  /** Wall clock, ISO-8601 UTC: for people and history only. */
  now(): string;
  /** Monotonic milliseconds: for every duration. */
  monotonicMs(): number;
  /** Resolves after ms; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await delay(ms, undefined, signal ? { signal } : {});
  },
};
