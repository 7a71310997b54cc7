import type { Clock } from "@anywork/core";

export interface FakeClock extends Clock {
  /** Lets time pass: what is due is called in the order of its time, each followed by what it sets off. */
  advance(ms: number): Promise<void>;
}

/** Time that stands still until a test moves it. */
export function createFakeClock(): FakeClock {
  let nowMs = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + nowMs).toISOString(),
    monotonicMs: () => nowMs,
    after(ms, callback) {
      const timer = { at: nowMs + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const end = nowMs + ms;
      for (;;) {
        await settled();
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers = timers.filter((timer) => timer !== due);
        nowMs = due.at;
        due.callback();
      }
      nowMs = end;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((wake) => setImmediate(wake));
}
