// `[[429x2]]` fails the first two calls: this remembers how often each very prompt was called.
import type { Fault } from "./script/step.ts";

const keptPrompts = 10_000;

export interface FaultCounter {
  /** Counts this call and says which fault hits it: faults act one after the other, each for its own number of calls. */
  next(key: string, faults: readonly Fault[]): Fault | undefined;
}

export function createFaultCounter(): FaultCounter {
  const calls = new Map<string, number>();
  return {
    next(key, faults) {
      if (faults.length === 0) return undefined;
      const earlier = calls.get(key) ?? 0;
      calls.delete(key);
      calls.set(key, earlier + 1);
      const oldest = calls.size > keptPrompts ? calls.keys().next().value : undefined;
      if (oldest !== undefined) calls.delete(oldest);
      let left = earlier;
      for (const fault of faults) {
        if (left < fault.times) return fault;
        left -= fault.times;
      }
      return undefined;
    },
  };
}
