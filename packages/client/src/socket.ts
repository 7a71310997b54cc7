// The live connection to the hub. Comes in: JSON frames over /ws. Goes out: frames to the page or the CLI, in order.
// It comes back by itself and subscribes every session again after the last cursor seen, so nothing is missed or
// doubled. What cannot be sent now is not kept for later: `send` says so, and the caller tells the person.
import type { ClientFrame, HubFrame } from "@anywork/protocol";

export type SocketState =
  | { name: "connecting" }
  | { name: "open" }
  /** `inMs` until the next try; 0 while it is being made. `attempt` counts from 1. */
  | { name: "reconnecting"; inMs: number; attempt: number }
  /** The hub does not let us in (signed out); `connect` tries again. */
  | { name: "refused" };

/** The part of a WebSocket that is used; the browser's, Node's and the `ws` package's all fit. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
}

export interface SocketOptions {
  /** ws:// or wss:// address of /ws. */
  url: string;
  /** Sent as a bearer token at the upgrade; the page has its cookie instead. */
  token?: string;
  WebSocket?: new (url: string, options?: { headers: Record<string, string> }) => SocketLike;
  /** Asked after a try that failed; false means signed out, and no further try is made. */
  isWelcome?: () => Promise<boolean>;
  /** Calls `wake` when a new try makes sense now (network back, page visible). Returns how to stop. */
  wakeups?: (wake: () => void) => () => void;
  onFrame(frame: HubFrame): void;
  onState(state: SocketState): void;
  /** 0 to 1; a test gives a fixed one. */
  random?: () => number;
  firstDelayMs?: number;
  maxDelayMs?: number;
  pingEveryMs?: number;
  /** How long the hub may stay silent after a ping. */
  pongWithinMs?: number;
}

export interface HubSocket {
  connect(): void;
  /** False when there is no open connection: the frame was not sent and will not be. */
  send(frame: ClientFrame): boolean;
  /** From now on the session's events come, those after `after` first; again after every reconnect. */
  subscribe(sessionId: string, after?: string): void;
  unsubscribe(sessionId: string): void;
  close(): void;
}

const open = 1;

export function createSocket(options: SocketOptions): HubSocket {
  const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as NonNullable<SocketOptions["WebSocket"]>);
  const random = options.random ?? Math.random;
  const firstDelayMs = options.firstDelayMs ?? 500;
  const maxDelayMs = options.maxDelayMs ?? 15_000;
  const pingEveryMs = options.pingEveryMs ?? 20_000;
  const pongWithinMs = options.pongWithinMs ?? 8_000;
  /** Session → last cursor seen. */
  const sessions = new Map<string, string | undefined>();
  let socket: SocketLike | null = null;
  let attempt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let pingTimer: ReturnType<typeof setInterval> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  let stopWakeups: (() => void) | undefined;

  const isOpen = () => socket?.readyState === open;
  const write = (frame: ClientFrame) => socket?.send(JSON.stringify(frame));
  const subscribeFrame = (session_id: string, after: string | undefined): ClientFrame =>
    after === undefined ? { type: "subscribe", session_id } : { type: "subscribe", session_id, after };

  function onOpen() {
    attempt = 0;
    for (const [id, after] of sessions) write(subscribeFrame(id, after));
    pingTimer = setInterval(ping, pingEveryMs);
    options.onState({ name: "open" });
  }

  /** A connection that stays silent after a ping is dead, even if nobody said so. */
  function ping() {
    if (!isOpen() || silenceTimer !== undefined) return;
    silenceTimer = setTimeout(drop, pongWithinMs);
    write({ type: "ping" });
  }

  function stopTimers() {
    clearInterval(pingTimer);
    clearTimeout(silenceTimer);
    silenceTimer = undefined;
  }

  function onMessage(event: { data: unknown }) {
    clearTimeout(silenceTimer);
    silenceTimer = undefined;
    let frame: HubFrame;
    try {
      frame = JSON.parse(String(event.data)) as HubFrame;
    } catch {
      return drop(); // not our protocol: start over from the cursor rather than guess
    }
    if (frame.type === "pong") return;
    // The sender of a chat is subscribed by the hub: from then on this session must survive a reconnect, too.
    const id = frame.session_id;
    const cursor = frame.cursor ?? cursorOf(frame);
    if (id && (sessions.has(id) || frame.type === "session_created")) sessions.set(id, cursor ?? sessions.get(id));
    options.onFrame(frame);
  }

  /** Lets go of the present socket at once; its late events are not listened to. */
  function detach() {
    stopTimers();
    if (socket === null) return;
    const old = socket;
    socket = null;
    old.onopen = old.onclose = old.onmessage = null;
    old.onerror = () => undefined;
    old.close();
  }

  function drop() {
    const wasOpen = isOpen();
    detach();
    void retryLater(wasOpen);
  }

  async function retryLater(wasOpen: boolean) {
    if (isClosed) return;
    attempt += 1;
    const inMs = Math.round(Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.5 + random() / 2));
    options.onState({ name: "reconnecting", inMs, attempt });
    retryTimer = setTimeout(start, inMs);
    if (wasOpen || options.isWelcome === undefined) return;
    const isWelcome = await options.isWelcome().catch(() => true);
    if (isWelcome || isClosed || isOpen()) return;
    clearTimeout(retryTimer);
    detach();
    options.onState({ name: "refused" });
  }

  function start() {
    if (isClosed) return;
    clearTimeout(retryTimer);
    detach();
    options.onState(attempt === 0 ? { name: "connecting" } : { name: "reconnecting", inMs: 0, attempt });
    const headers = options.token === undefined ? undefined : { headers: { authorization: `Bearer ${options.token}` } };
    const next = headers === undefined ? new Socket(options.url) : new Socket(options.url, headers);
    socket = next;
    let hasOpened = false;
    next.onopen = () => {
      hasOpened = true;
      onOpen();
    };
    next.onmessage = onMessage as SocketLike["onmessage"];
    next.onerror = () => undefined; // `close` follows and says it
    next.onclose = () => {
      socket = null;
      stopTimers();
      void retryLater(hasOpened);
    };
  }

  function wake() {
    if (isClosed) return;
    if (isOpen()) return ping();
    if (socket === null && attempt > 0) start();
  }

  return {
    connect() {
      attempt = 0;
      stopWakeups ??= options.wakeups?.(wake);
      start();
    },
    send(frame) {
      if (!isOpen()) return false;
      if (frame.type === "chat" && frame.session_id && !sessions.has(frame.session_id)) {
        sessions.set(frame.session_id, undefined);
      }
      write(frame);
      return true;
    },
    subscribe(sessionId, after) {
      sessions.set(sessionId, after);
      if (isOpen()) write(subscribeFrame(sessionId, after));
    },
    unsubscribe(sessionId) {
      if (sessions.delete(sessionId) && isOpen()) write({ type: "unsubscribe", session_id: sessionId });
    },
    close() {
      isClosed = true;
      clearTimeout(retryTimer);
      stopWakeups?.();
      detach();
    },
  };
}

function cursorOf(frame: HubFrame): string | undefined {
  const cursor = frame.metadata?.cursor;
  return typeof cursor === "string" ? cursor : undefined;
}
