// One chat's thread: open it, say something, stop, run again. Comes in: what the person does, and frames. Goes out:
// requests and frames to the hub; the thread in the store is what client/thread.ts makes of it.
import type { ApiClient, HubSocket, TaskView, Thread } from "@anywork/client";
import {
  applyFrames,
  emptyThread,
  expectMessage,
  forgetPending,
  isOver,
  markPending,
  noteTask,
  threadFromMessages,
  withEarlier,
} from "@anywork/client";
import type { HubFrame } from "@anywork/protocol";
import type { AppStore, OpenThread } from "./app-state.ts";
import { toProblem } from "./problem.ts";
import type { Toasts } from "./toasts.ts";
import { uuidV7 } from "./uuid.ts";

/** Chats that stay live in the background; the one unused for longest goes first. */
const keptThreads = 20;
const notSent = { code: "unavailable", message: "" } as const;

export interface ThreadActions {
  open(sessionId: string): Promise<void>;
  loadEarlier(sessionId: string): Promise<void>;
  /** Says something; opens a new chat when `sessionId` is undefined. Returns the chat's id. */
  say(sessionId: string | undefined, text: string): string;
  sayAgain(sessionId: string, pendingId: string): void;
  discard(sessionId: string, pendingId: string): void;
  stop(taskId: string): Promise<void>;
  runAgain(taskId: string): Promise<void>;
  forget(sessionId: string): void;
  takeFrames(frames: readonly HubFrame[]): void;
  /** After a reconnect: finds out what became of messages that were under way. */
  settlePending(): Promise<void>;
}

const opening: OpenThread = { load: "loading", problem: null, thread: emptyThread, earlier: null };

export function createThreadActions(store: AppStore, api: ApiClient, socket: HubSocket, toasts: Toasts): ThreadActions {
  /** Least recently used first. */
  const recent: string[] = [];
  const asked = new Set<string>();

  const get = (id: string) => store.getState().threads[id];
  const put = (id: string, open: OpenThread) =>
    store.setState(({ threads }) => ({ threads: { ...threads, [id]: open } }));
  const update = (id: string, change: (thread: Thread) => Thread) => {
    const open = get(id);
    if (open !== undefined) put(id, { ...open, thread: change(open.thread) });
  };

  function forget(id: string) {
    socket.unsubscribe(id);
    store.setState(({ threads: { [id]: _gone, ...threads } }) => ({ threads }));
  }

  function touch(id: string) {
    const at = recent.indexOf(id);
    if (at !== -1) recent.splice(at, 1);
    recent.push(id);
    const idle = recent.find((one) => one !== id && (get(one)?.thread.tasks.every(isOver) ?? true));
    if (recent.length <= keptThreads || idle === undefined) return;
    recent.splice(recent.indexOf(idle), 1);
    forget(idle);
  }

  async function open(id: string) {
    touch(id);
    const before = get(id);
    if (before?.load === "ready" || before?.load === "loading") return;
    put(id, opening);
    try {
      const { messages, cursor, nextCursor } = await api.call("sessionMessages", { params: { id } });
      const pending = get(id)?.thread ?? emptyThread;
      const thread = threadFromMessages(messages, cursor, pending);
      put(id, { load: "ready", problem: null, thread, earlier: nextCursor ?? null });
      socket.subscribe(id, cursor);
    } catch (thrown) {
      const problem = toProblem(thrown);
      put(id, { ...opening, load: problem.code === "not_found" ? "missing" : "failed", problem });
    }
  }

  function transmit(sessionId: string, pendingId: string, message: string) {
    const wasSent = socket.send({ type: "chat", session_id: sessionId, message });
    if (!wasSent) update(sessionId, (thread) => markPending(thread, pendingId, "not_sent", notSent));
  }

  async function attempt(request: () => Promise<unknown>) {
    try {
      await request();
    } catch (thrown) {
      const { message, hint } = toProblem(thrown);
      toasts.show({ text: message, ...(hint && { detail: hint }) });
    }
  }

  /** Frames do not say when a task began; its record does. Asked once per task. */
  function askForTimes(id: string, tasks: readonly TaskView[]) {
    for (const task of tasks) {
      if (task.status !== "running" || task.startedAt !== null || asked.has(task.taskId)) continue;
      asked.add(task.taskId);
      api.call("getTask", { params: { id: task.taskId } }).then(
        (record) => update(id, (thread) => noteTask(thread, record)),
        () => asked.delete(task.taskId), // the next frame asks again
      );
    }
  }

  return {
    open,
    forget,

    async loadEarlier(id) {
      const before = get(id)?.earlier;
      if (!before) return;
      const { messages, nextCursor } = await api.call("sessionMessages", { params: { id }, query: { before } });
      const now = get(id);
      if (now?.earlier !== before) return;
      put(id, { ...now, thread: withEarlier(now.thread, messages), earlier: nextCursor ?? null });
    },

    say(sessionId, text) {
      const id = sessionId ?? uuidV7();
      const pendingId = uuidV7();
      if (get(id) === undefined) put(id, { ...opening, load: "ready" });
      touch(id);
      update(id, (thread) => expectMessage(thread, pendingId, text));
      transmit(id, pendingId, text);
      return id;
    },

    sayAgain(id, pendingId) {
      const message = get(id)?.thread.pending.find((one) => one.id === pendingId);
      if (message === undefined) return;
      update(id, (thread) => markPending(thread, pendingId, "sending"));
      transmit(id, pendingId, message.text);
    },

    discard: (id, pendingId) => update(id, (thread) => forgetPending(thread, pendingId)),
    stop: (taskId) => attempt(() => api.call("cancelTask", { params: { id: taskId } })),
    runAgain: (taskId) => attempt(() => api.call("retryTask", { params: { id: taskId } })),

    takeFrames(frames) {
      const bySession = Map.groupBy(frames, (frame) => frame.session_id);
      const { threads } = store.getState();
      const changed: Record<string, OpenThread> = {};
      for (const [id, portion] of bySession) {
        const before = threads[id];
        if (before === undefined) continue;
        const thread = applyFrames(before.thread, portion);
        changed[id] = { ...before, thread };
      }
      if (Object.keys(changed).length === 0) return;
      store.setState({ threads: { ...threads, ...changed } });
      for (const [id, { thread }] of Object.entries(changed)) askForTimes(id, thread.tasks.slice(-8));
    },

    async settlePending() {
      for (const [id, { thread }] of Object.entries(store.getState().threads)) {
        const waiting = thread.pending.filter((one) => one.state === "sending");
        if (waiting.length === 0) continue;
        const known = new Set(thread.tasks.map((task) => task.taskId));
        const tasks = await api.call("sessionTasks", { params: { id } }).then(
          (reply) => reply.tasks.filter((task) => !known.has(task.id)),
          () => [],
        );
        for (const message of waiting) {
          if (tasks.some((task) => task.message === message.text)) continue; // accepted: its events are on the way
          update(id, (now) => markPending(now, message.id, "not_sent", notSent));
        }
      }
    },
  };
}
