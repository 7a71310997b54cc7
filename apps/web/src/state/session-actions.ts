// The list of chats: load, rename, delete with undo, and what frames say about each chat's state.
import type { ApiClient } from "@anywork/client";
import type { HubFrame, Session, TaskStatus } from "@anywork/protocol";
import type { AppStore } from "./app-state.ts";
import { toProblem } from "./problem.ts";
import type { Toasts } from "./toasts.ts";

const pageSize = 200;
const undoMs = 6000;

export interface SessionActions {
  refresh(): Promise<void>;
  loadMore(): Promise<void>;
  rename(id: string, title: string): Promise<void>;
  /** Hides the chat now and deletes it when the time to undo is over. */
  remove(id: string, words: { text: string; undo: string }): void;
  /** Deletes what is hidden without waiting: the page is being closed. */
  finishRemovals(): void;
  takeFrame(frame: HubFrame): void;
}

/** The chat's state after a frame; undefined when the frame does not change it. */
function statusAfter(frame: HubFrame, before: TaskStatus | null): TaskStatus | undefined {
  if (frame.type === "done") return frame.metadata.status as TaskStatus;
  if (frame.type !== "status") return undefined;
  if (frame.metadata.kind === "running") return "running";
  if (frame.metadata.kind === "input_required") return "input_required";
  if (frame.metadata.kind === "queued") return before === "running" || before === "input_required" ? before : "pending";
  return undefined;
}

export function createSessionActions(store: AppStore, api: ApiClient, toasts: Toasts): SessionActions {
  const removals = new Map<string, ReturnType<typeof setTimeout>>();
  let loading = false;
  /** A chat was opened while the list was on its way: it may be missing there. */
  let isStale = false;

  const change = (id: string, update: (session: Session) => Session) =>
    store.setState(({ sessions }) => ({
      sessions: sessions?.map((one) => (one.id === id ? update(one) : one)) ?? sessions,
    }));
  /** Newest activity first. */
  const raise = (id: string, updatedAt: string) =>
    store.setState(({ sessions }) => {
      const found = sessions?.find((one) => one.id === id);
      if (!found || !sessions) return {};
      return { sessions: [{ ...found, updatedAt }, ...sessions.filter((one) => one.id !== id)] };
    });
  const visible = (sessions: Session[]) => sessions.filter((one) => !removals.has(one.id));

  async function destroy(id: string, keepalive = false) {
    removals.delete(id);
    try {
      await api.call("deleteSession", { params: { id }, keepalive });
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (problem.code === "not_found") return;
      toasts.show({ text: problem.message, ...(problem.hint && { detail: problem.hint }) });
      await refresh();
    }
  }

  async function refresh() {
    if (loading) return;
    loading = true;
    try {
      const { sessions, nextCursor } = await api.call("listSessions", { query: { limit: pageSize } });
      const oldest = sessions.at(-1)?.updatedAt ?? "";
      store.setState((before) => {
        // Pages that were loaded further down stay.
        const further = nextCursor ? (before.sessions ?? []).filter((one) => one.updatedAt < oldest) : [];
        const moreSessions = further.length > 0 ? before.moreSessions : (nextCursor ?? null);
        return { sessions: [...visible(sessions), ...further], moreSessions, sessionsProblem: null };
      });
    } catch (thrown) {
      store.setState({ sessionsProblem: toProblem(thrown) });
    } finally {
      loading = false;
    }
    if (!isStale || store.getState().sessions === null) return;
    isStale = false;
    await refresh();
  }

  return {
    refresh,

    async loadMore() {
      const cursor = store.getState().moreSessions;
      if (cursor === null || loading) return;
      loading = true;
      try {
        const next = await api.call("listSessions", { query: { limit: pageSize, cursor } });
        store.setState(({ sessions }) => {
          const known = new Set(sessions?.map((one) => one.id));
          const added = visible(next.sessions).filter((one) => !known.has(one.id));
          return { sessions: [...(sessions ?? []), ...added], moreSessions: next.nextCursor ?? null };
        });
      } catch (thrown) {
        store.setState({ sessionsProblem: toProblem(thrown) });
      } finally {
        loading = false;
      }
    },

    async rename(id, title) {
      const before = store.getState().sessions?.find((one) => one.id === id)?.title;
      change(id, (session) => ({ ...session, title }));
      try {
        await api.call("renameSession", { params: { id }, body: { title } });
      } catch (thrown) {
        if (before !== undefined) change(id, (session) => ({ ...session, title: before }));
        toasts.show({ text: toProblem(thrown).message });
      }
    },

    remove(id, words) {
      const { sessions } = store.getState();
      const at = sessions?.findIndex((one) => one.id === id) ?? -1;
      const removed = sessions?.[at];
      if (removed === undefined) return;
      store.setState({ sessions: sessions?.filter((one) => one.id !== id) ?? null });
      const hide = toasts.show({
        text: words.text,
        keep: true,
        action: {
          label: words.undo,
          run() {
            clearTimeout(removals.get(id));
            removals.delete(id);
            store.setState((now) => ({ sessions: (now.sessions ?? []).toSpliced(at, 0, removed) }));
          },
        },
      });
      const timer = setTimeout(() => {
        hide();
        void destroy(id);
      }, undoMs);
      removals.set(id, timer);
    },

    finishRemovals() {
      for (const [id, timer] of removals) {
        clearTimeout(timer);
        void destroy(id, true);
      }
    },

    takeFrame(frame) {
      const id = frame.session_id;
      const { sessions } = store.getState();
      if (sessions === null && frame.type === "session_created") isStale = true;
      if (!id || sessions === null || removals.has(id)) return;
      const title = typeof frame.metadata?.title === "string" ? frame.metadata.title : undefined;
      const known = sessions.find((one) => one.id === id);
      if (known === undefined) {
        if (frame.type !== "session_created") return;
        const now = new Date().toISOString();
        const created = {
          id,
          title: title ?? "",
          channel: "webchat",
          agent: "default",
          createdAt: now,
          updatedAt: now,
        };
        store.setState({ sessions: [{ ...created, status: "pending" }, ...sessions] });
        return;
      }
      if (frame.type === "session_title" || frame.type === "session_created") {
        change(id, (session) => ({ ...session, title: title ?? (frame.content || session.title) }));
      }
      const status = statusAfter(frame, known.status);
      if (status !== undefined && status !== known.status) change(id, (session) => ({ ...session, status }));
      const asked = frame.metadata.kind === "queued" ? String(frame.metadata.created_at ?? "") : "";
      if (asked > known.updatedAt) raise(id, asked);
    },
  };
}
