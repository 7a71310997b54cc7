// Puts the page's state together: store, hub client, socket and the actions on them. Nothing of it draws.
import { type ApiClient, createApiClient, createSocket } from "@anywork/client";
import type { TFunction } from "i18next";
import { createAnnouncer } from "./announcer.ts";
import { type AppStore, createAppStore } from "./app-state.ts";
import { type AuthActions, createAuthActions } from "./auth-actions.ts";
import { createFrameBuffer } from "./frame-buffer.ts";
import { createSessionActions, type SessionActions } from "./session-actions.ts";
import { readTheme } from "./theme.ts";
import { createThreadActions, type ThreadActions } from "./thread-actions.ts";
import { createToasts, type Toasts } from "./toasts.ts";

export interface App {
  store: AppStore;
  api: ApiClient;
  auth: AuthActions;
  sessions: SessionActions;
  threads: ThreadActions;
  toasts: Toasts;
  refreshStatus(): Promise<void>;
  /** Tries the connection now instead of waiting. */
  reconnect(): void;
  start(): Promise<void>;
}

const statusEveryMs = 15_000;

/** Calls back when the network or the person comes back. */
function onReturn(call: () => void): () => void {
  const whenVisible = () => document.visibilityState === "visible" && call();
  addEventListener("online", call);
  document.addEventListener("visibilitychange", whenVisible);
  return () => {
    removeEventListener("online", call);
    document.removeEventListener("visibilitychange", whenVisible);
  };
}

export function createApp(t: TFunction): App {
  const store = createAppStore(readTheme());
  const api = createApiClient({ baseUrl: "" });
  const auth = createAuthActions(store, api);
  const toasts = createToasts(store);
  const announce = createAnnouncer(store, t);
  const sessions = createSessionActions(store, api, toasts);
  const socket = createSocket({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    isWelcome: auth.check,
    wakeups: onReturn,
    onFrame: createFrameBuffer((frames) => {
      threads.takeFrames(frames);
      for (const frame of frames) sessions.takeFrame(frame);
      const shown = /^\/s\/([^/]+)/.exec(location.pathname)?.[1] ?? "";
      announce(frames, decodeURIComponent(shown));
      showRefusals(frames);
    }),
    onState(connection) {
      const before = store.getState().connection.name;
      const wait = connection.name === "reconnecting" ? connection.inMs : 0;
      store.setState({ connection, connectionUntil: wait > 0 ? Date.now() + wait : 0 });
      if (connection.name === "reconnecting" && before === "open") store.setState({ announcement: t("say.offline") });
      if (connection.name !== "open") return;
      void Promise.all([refreshStatus(), sessions.refresh(), threads.settlePending()]);
      if (before === "reconnecting") store.setState({ announcement: t("say.online") });
    },
  });
  const threads = createThreadActions(store, api, socket, toasts);

  /** A refused frame that belongs to no chat on screen is still said. */
  function showRefusals(frames: readonly { type: string; content: string; task_id?: string; session_id?: string }[]) {
    for (const { type, content, task_id, session_id } of frames) {
      const isShown = session_id !== undefined && store.getState().threads[session_id] !== undefined;
      if (type === "error" && task_id === undefined && !isShown) toasts.show({ text: content });
    }
  }

  async function refreshStatus() {
    const status = await api.call("status").catch(() => null);
    if (status !== null) store.setState({ status });
  }

  async function enter() {
    await refreshStatus();
    socket.connect();
  }

  return {
    store,
    api,
    auth,
    sessions,
    threads,
    toasts,
    refreshStatus,
    reconnect: () => socket.connect(),
    async start() {
      addEventListener("pagehide", () => sessions.finishRemovals());
      setInterval(() => {
        if (document.hidden || store.getState().connection.name !== "open") return;
        void refreshStatus();
        void sessions.refresh();
      }, statusEveryMs);
      let isIn = false;
      store.subscribe(({ signIn }) => {
        if (signIn.name === "in" && !isIn) {
          isIn = true;
          void enter();
        }
        if (signIn.name === "out") isIn = false;
      });
      await auth.begin();
    },
  };
}
