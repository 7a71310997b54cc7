// A reader's way into a session: first what is stored after its cursor, then what comes, without gap or repeat.
import { decodeCursor, encodeCursor, encodeFrame, type Message } from "@anywork/protocol";
import type { Bus, Listener, Published } from "./bus.ts";
import { toMessages } from "./conversation.ts";
import type { Store } from "./ports.ts";
import type { SessionLogs } from "./session-logs.ts";

const chunk = 2_000;

export interface Subscription {
  sessionId: string;
  /** Events with a higher pos are wanted; 0 is all. */
  after: number;
  /** Takes frames in order; the promise it may return is waited for while stored events are read. */
  onEvents: (events: readonly Published[]) => void | Promise<void>;
  /** The reader is ahead of what is kept: what it showed must be replaced. It goes on from the snapshot's cursor. */
  onReset: (snapshot: Snapshot) => void;
  signal: AbortSignal;
}

export interface Snapshot {
  messages: Message[];
  cursor: string;
}

export interface Streams {
  /** Resolves when the reader has all that was stored and is live; live events go on until the signal. */
  subscribe(subscription: Subscription): Promise<void>;
  /** The conversation up to the first task that has not ended, and the cursor to subscribe after. */
  snapshot(sessionId: string, query?: { before?: string; limit?: number }): Promise<Snapshot & { nextCursor?: string }>;
}

export function createStreams({ store, logs, bus }: { store: Store; logs: SessionLogs; bus: Bus }): Streams {
  async function subscribe({ sessionId, after, onEvents, onReset, signal }: Subscription): Promise<void> {
    let last = after;
    let live: Published[] | null = [];
    const listener: Listener = (events) => {
      if (live) live.push(...events);
      // One that was committed may have been read from the store before it was published.
      else if ((events[0]?.stored.pos ?? 0) > last) void onEvents(events);
      else void onEvents(events.filter(({ stored }) => stored.pos > last));
    };
    const unsubscribe = bus.subscribe(sessionId, listener);
    signal.addEventListener("abort", unsubscribe, { once: true });
    // What was sent so far is stored after this; what comes later reaches the listener.
    await (await logs.peek(sessionId))?.flush();
    const { pos: head } = await store.events.heads(sessionId);
    if (after > head) {
      const replacement = await snapshot(sessionId);
      last = decodeCursor(replacement.cursor);
      onReset(replacement);
    }
    while (!signal.aborted) {
      const stored = await store.events.readSession({ sessionId, after: last, limit: chunk });
      if (stored.length === 0) break;
      last = stored.at(-1)?.pos ?? last;
      await onEvents(stored.map((event) => ({ stored: event, frame: encodeFrame(event) })));
    }
    // What came while the store was read; more may come while that is sent.
    while (live.length > 0 && !signal.aborted) {
      const missed = live.filter(({ stored }) => stored.pos > last);
      live = [];
      last = missed.at(-1)?.stored.pos ?? last;
      if (missed.length > 0) await onEvents(missed);
    }
    live = null;
  }

  async function snapshot(sessionId: string, query: { before?: string; limit?: number } = {}) {
    const limit = query.limit ?? 200;
    const found = await store.tasks.list({
      sessionId,
      limit: limit + 1,
      ...(query.before && { before: query.before }),
    });
    const page = found.slice(0, limit).reverse();
    const openFrom = page.findIndex((task) => task.finishedAt === null);
    const ended = openFrom === -1 ? page : page.slice(0, openFrom);
    const messages: Message[] = [];
    for (const task of ended) {
      messages.push(...toMessages(task, await store.events.readTask({ taskId: task.id, after: 0, limit: 100_000 })));
    }
    const cursor = encodeCursor(await cursorBefore(sessionId, page[openFrom]?.id));
    const oldest = page[0];
    return { messages, cursor, ...(found.length > limit && oldest && { nextCursor: oldest.id }) };
  }

  /** The pos before a task's first event; the session's head when every task has ended. */
  async function cursorBefore(sessionId: string, taskId: string | undefined): Promise<number> {
    const first = taskId && (await store.events.readTask({ taskId, after: 0, limit: 1 }))[0];
    return first ? first.pos - 1 : (await store.events.heads(sessionId)).pos;
  }

  return { subscribe, snapshot };
}
