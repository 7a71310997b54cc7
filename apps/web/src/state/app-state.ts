// All that the page shows, as one value. Changed by the actions beside it, read by components through a selector.
import type { SocketState, Thread } from "@anywork/client";
import type { Session, Status } from "@anywork/protocol";
import { createStore, type StoreApi } from "zustand/vanilla";

export interface Problem {
  code: string;
  message: string;
  hint?: string | undefined;
  field?: string | undefined;
}

export type SignIn =
  | { name: "checking" }
  | { name: "unreachable" }
  /** `problem`: a link or token that was tried and refused. */
  | { name: "out"; problem: Problem | null }
  | { name: "in" };

export interface OpenThread {
  load: "loading" | "ready" | "missing" | "failed";
  problem: Problem | null;
  thread: Thread;
  /** Where older messages begin; null when all are here. */
  earlier: string | null;
}

export interface Toast {
  id: string;
  text: string;
  detail?: string;
  action?: { label: string; run(): void };
}

export type Theme = "system" | "dark" | "light";

export interface AppState {
  signIn: SignIn;
  auth: "on" | "off";
  connection: SocketState;
  /** When the next try is due (Date.now); 0 when none is. */
  connectionUntil: number;
  status: Status | null;
  /** Newest activity first; null before the first answer. */
  sessions: Session[] | null;
  sessionsProblem: Problem | null;
  moreSessions: string | null;
  threads: Record<string, OpenThread>;
  toasts: Toast[];
  /** What a screen reader should say now: sentences, never tokens. */
  announcement: string;
  theme: Theme;
}

export type AppStore = StoreApi<AppState>;

export function createAppStore(theme: Theme): AppStore {
  return createStore<AppState>(() => ({
    signIn: { name: "checking" },
    auth: "on",
    connection: { name: "connecting" },
    connectionUntil: 0,
    status: null,
    sessions: null,
    sessionsProblem: null,
    moreSessions: null,
    threads: {},
    toasts: [],
    announcement: "",
    theme,
  }));
}
