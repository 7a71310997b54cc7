// Fans out what the session log has numbered. In: events with their frame. Out: every reader of that session, in order.
import type { StoredEvent } from "@anywork/protocol";

/** An event beside its frame, so that each frame is encoded once however many read it. */
export interface Published {
  stored: StoredEvent;
  frame: string;
}
export type Listener = (events: readonly Published[]) => void;

export interface Bus {
  publish(sessionId: string, events: readonly Published[]): void;
  /** Returns the function that ends the subscription. */
  subscribe(sessionId: string, listener: Listener): () => void;
}

export function createBus(): Bus {
  const sessions = new Map<string, Set<Listener>>();
  return {
    publish(sessionId, events) {
      const listeners = sessions.get(sessionId);
      if (!listeners) return;
      for (const listener of listeners) listener(events);
    },
    subscribe(sessionId, listener) {
      const listeners = sessions.get(sessionId) ?? new Set();
      sessions.set(sessionId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && sessions.get(sessionId) === listeners) sessions.delete(sessionId);
      };
    },
  };
}
