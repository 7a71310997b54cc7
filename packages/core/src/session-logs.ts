// The open session logs: one per session in use, so that numbers are given out in one place only.
import type { Clock } from "./ports.ts";
import { openSessionLog, type SessionLog, type SessionLogDeps, trailMs } from "./session-log.ts";

/** The next message of a conversation finds the numbers at hand. */
const lingerMs = 10_000;

export interface SessionLogs {
  /** The session's log, opened from the store if need be, and kept open until it is let go as often as it was held. */
  hold(sessionId: string): Promise<SessionLog>;
  letGo(sessionId: string): void;
  /** The log if it is open. */
  peek(sessionId: string): Promise<SessionLog> | undefined;
  flush(): Promise<void>;
}

export function createSessionLogs(deps: SessionLogDeps): SessionLogs {
  const tick = createTick(deps.clock);
  const logs = new Map<string, { opening: Promise<SessionLog>; holders: number }>();

  function letGo(sessionId: string): void {
    const entry = logs.get(sessionId);
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders === 0) void closeWhenWritten(sessionId, entry.opening);
  }

  /** What is still being written must be seen by the next opening, which reads the numbers from the store. */
  async function closeWhenWritten(sessionId: string, opening: Promise<SessionLog>): Promise<void> {
    await opening.then((log) => log.flush()).catch(() => undefined);
    deps.clock.after(lingerMs, () => {
      if (logs.get(sessionId)?.holders === 0) logs.delete(sessionId);
    });
  }

  return {
    async hold(sessionId) {
      const entry = logs.get(sessionId) ?? { opening: openSessionLog(sessionId, { ...deps, tick }), holders: 0 };
      entry.holders += 1;
      logs.set(sessionId, entry);
      try {
        return await entry.opening;
      } catch (error) {
        logs.delete(sessionId);
        throw error;
      }
    },
    letGo,
    peek: (sessionId) => logs.get(sessionId)?.opening,
    async flush() {
      await Promise.all([...logs.values()].map(async ({ opening }) => (await opening).flush()));
    },
  };
}

/** Sessions share their ticks, so that what they have to store meets in one transaction and one sync. */
function createTick(clock: Clock): (callback: () => void) => () => void {
  let next: Set<() => void> | null = null;
  return (callback) => {
    const due = next ?? new Set();
    if (next === null) {
      next = due;
      clock.after(trailMs, () => {
        next = null;
        for (const call of due) call();
      });
    }
    due.add(callback);
    return () => due.delete(callback);
  };
}
