// One client's socket. In: its frames. Out: what it asked for, and every event of the sessions it is subscribed to.
import type { Duplex } from "node:stream";
import type { WebchatRequest } from "@anywork/channels";
import type { AcceptedMessage, Bus, Channel, Dispatcher, Intake, Log, Published, Streams } from "@anywork/core";
import {
  AnyWorkError,
  assertNever,
  decodeCursor,
  type HubFrame,
  type ParsedClientFrame,
  toAnyWorkError,
} from "@anywork/protocol";
import type { WebSocket } from "ws";
import { parseFrame } from "./parse-frame.ts";
import { encodeTextFrames } from "./websocket-frames.ts";

/** A client that does not read is closed at so much unsent; it comes back with its cursor. */
const maxUnsentBytes = 1024 * 1024;
const maxWaitingFrames = 200;

export interface ConnectionDeps {
  webchat: Channel;
  intake: Intake;
  dispatcher: Dispatcher;
  streams: Streams;
  bus: Bus;
  hasSession: (id: string) => Promise<boolean>;
  /** Whether the session has this task and it has not ended. */
  isOpen: (sessionId: string, taskId: string) => Promise<boolean>;
  log: Log;
}

export interface Connection {
  /** A text frame as it came; null for a binary one. */
  receive(text: string | null): void;
  end(): void;
}

export function createConnection(client: WebSocket, socket: Duplex, deps: ConnectionDeps): Connection {
  const subscriptions = new Map<string, AbortController>();
  /** Frames of a client that is gone are still handled; they must not subscribe it. */
  let isOver = false;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  function send(frame: HubFrame | { type: "pong" }): void {
    if (client.readyState === client.OPEN) client.send(JSON.stringify(frame));
  }

  /** Several frames share one write to the socket. */
  function sendEvents(events: readonly Published[]): void | Promise<void> {
    if (client.readyState !== client.OPEN) return;
    socket.write(encodeTextFrames(events.map(({ frame }) => frame)));
    if (client.bufferedAmount > maxUnsentBytes) {
      client.close(1013, "too slow; come back with your cursor");
      stopAll();
    }
  }

  /** While stored events are read the reader sets the pace, so that a long history is never held in memory. */
  async function sendStored(events: readonly Published[]): Promise<void> {
    for (let from = 0; from < events.length && client.readyState === client.OPEN; from += 500) {
      await new Promise<void>((sent) => {
        const frames = events.slice(from, from + 500).map(({ frame }) => frame);
        socket.write(encodeTextFrames(frames), () => sent());
      });
    }
  }

  function refuse(error: AnyWorkError, sessionId = ""): void {
    const { code, message, hint, field } = error;
    const metadata = { code, ...(hint && { hint }), ...(field && { field }) };
    send({ type: "error", content: message, metadata, session_id: sessionId });
  }

  async function handle(frame: ParsedClientFrame): Promise<void> {
    switch (frame.type) {
      case "chat":
        return await chat(frame);
      case "subscribe":
        return await subscribe(frame);
      case "unsubscribe":
        return stop(frame.session_id);
      case "cancel":
        return await cancel(frame);
      case "approve":
        throw new AnyWorkError("not_found", "There is no such approval.");
      case "ping":
        return send({ type: "pong" });
      default:
        assertNever(frame);
    }
  }

  async function chat(frame: Extract<ParsedClientFrame, { type: "chat" }>): Promise<void> {
    const request: WebchatRequest = { isOwner: true, frame };
    const verdict = deps.webchat.verify(request);
    if (!verdict.ok) throw new AnyWorkError("unauthorized", verdict.reason);
    for (const message of deps.webchat.toMessages(request)) {
      try {
        await deps.intake.accept({ channel: "webchat", account: "default" }, message, onStored);
      } catch (error) {
        // A simple client waits for `done` after each message it sent.
        refuse(toAnyWorkError(error), frame.session_id);
        const metadata = { status: "failed", retryable: true, cost_usd: 0, num_turns: 0, duration_ms: 0 };
        send({ type: "done", content: "", metadata, session_id: frame.session_id ?? "" });
      }
    }
  }

  /** Runs between the commit and the first event: the sender misses none of its task. */
  function onStored({ task, session, sessionCreated }: AcceptedMessage): void {
    if (sessionCreated && session) {
      const metadata = { title: session.title, agent: session.agent, created_at: session.createdAt };
      send({ type: "session_created", content: session.id, metadata, session_id: session.id });
    }
    if (isOver || subscriptions.has(task.sessionId)) return;
    const ended = new AbortController();
    subscriptions.set(task.sessionId, ended);
    ended.signal.addEventListener("abort", deps.bus.subscribe(task.sessionId, sendEvents), { once: true });
  }

  async function subscribe({
    session_id: sessionId,
    after,
  }: Extract<ParsedClientFrame, { type: "subscribe" }>): Promise<void> {
    if (!(await deps.hasSession(sessionId))) throw new AnyWorkError("not_found", "There is no such session.");
    stop(sessionId);
    if (isOver) return;
    const ended = new AbortController();
    subscriptions.set(sessionId, ended);
    let isReplaying = true;
    const onReset = ({ messages, cursor }: { messages: unknown; cursor: string }) =>
      send({ type: "cursor_reset", content: "", metadata: { messages, cursor }, session_id: sessionId });
    const onEvents = (events: readonly Published[]) => (isReplaying ? sendStored(events) : sendEvents(events));
    const from = after === undefined ? 0 : decodeCursor(after);
    try {
      await deps.streams.subscribe({ sessionId, after: from, onEvents, onReset, signal: ended.signal });
    } catch (error) {
      // Half a subscription would gather events for nobody, and keep a later one from being made.
      stop(sessionId);
      throw error;
    }
    isReplaying = false;
  }

  async function cancel(frame: Extract<ParsedClientFrame, { type: "cancel" }>): Promise<void> {
    const taskId = frame.task_id ?? deps.dispatcher.open(frame.session_id)[0];
    if (taskId === undefined || !(await deps.isOpen(frame.session_id, taskId))) {
      throw new AnyWorkError("task_terminal", "Nothing is running here.", { hint: "It may have ended just now." });
    }
    await deps.dispatcher.cancel(taskId);
  }

  function stop(sessionId: string): void {
    subscriptions.get(sessionId)?.abort();
    subscriptions.delete(sessionId);
  }

  function stopAll(): void {
    for (const sessionId of [...subscriptions.keys()]) stop(sessionId);
  }

  return {
    receive(text) {
      if (waiting >= maxWaitingFrames) {
        client.close(1008, "too many frames at once");
        return;
      }
      waiting += 1;
      // One after the other: two messages of one client are accepted in the order in which they were sent.
      last = last.then(async () => {
        let sessionId = "";
        try {
          const parsed = parseFrame(text);
          sessionId = parsed.sessionId;
          if (parsed.error) throw parsed.error;
          await handle(parsed.frame);
        } catch (error) {
          const known = toAnyWorkError(error);
          if (known.code === "internal") deps.log.error({ error }, "a frame could not be handled");
          refuse(known, sessionId);
        } finally {
          waiting -= 1;
        }
      });
    },
    end() {
      isOver = true;
      stopAll();
    },
  };
}
