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

/** `onError` hears of a reader that threw; neither the other readers nor the log that publishes feel it. */
export function createBus(onError: (error: unknown) => void = () => undefined): Bus {
  const sessions = new Map<string, Set<Listener>>();
  return {
    publish(sessionId, events) {
      const listeners = sessions.get(sessionId);
      if (!listeners) return;
      for (const listener of listeners) {
        try {
          listener(events);
        } catch (error) {
          onError(error);
        }
      }
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
