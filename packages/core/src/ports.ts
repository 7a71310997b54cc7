// The ports: the smallest sets of methods that let the core finish its sentences. Everything else is an adapter.
import type {
  ChatRequest,
  GatewayUsage,
  Outcome,
  PrepareRequest,
  Resume,
  Session,
  StoredEvent,
  Task,
  TaskStatus,
  WorkerEvent,
  WorkerHealth,
} from "@anywork/protocol";

// ── plain dependencies ───────────────────────────────────────────────────────────────────────────────────────────────

export interface Clock {
  /** Wall clock, ISO-8601 UTC: for people and signatures only. */
  now(): string;
  /** Monotonic milliseconds: for every duration and expiry. */
  monotonicMs(): number;
  /** Calls back once after ms; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

// ── Driver: makes and finds workers ──────────────────────────────────────────────────────────────────────────────────

export interface WorkerHandle {
  readonly id: string;
  /** Idempotent. Throws worker_unavailable or worker_lost. */
  prepare(request: PrepareRequest, signal?: AbortSignal): Promise<void>;
  /**
   * Starts an attempt: batches of events in wseq order from 1, ending after `done` or `parked`. Ends early when the
   * worker's journal ends; throws worker_lost when the connection breaks or nothing, not even a heartbeat, came for 15 s.
   */
  chat(request: ChatRequest, signal?: AbortSignal): AsyncIterable<WorkerEvent[]>;
  /**
   * The journal of an attempt after wseq `after`, then live. `head` is the last wseq that was journaled when it began.
   * Throws not_found when the worker does not know the attempt.
   */
  attach(
    attempt: { taskId: string; attempt: number; after: number },
    signal?: AbortSignal,
  ): Promise<{ head: number; batches: AsyncIterable<WorkerEvent[]> }>;
  /** Idempotent: cancelling what has ended does nothing. */
  cancel(request: { session_id: string; task_id?: string }): Promise<void>;
  /** The hub has stored all of the attempt: its journal may go. */
  forget(attempt: { taskId: string; attempt: number }): Promise<void>;
  /** An approval's answer for a run that is alive. Throws not_found when it is not. */
  answer(taskId: string, answer: Resume): Promise<void>;
}

export interface WorkerInfo {
  id: string;
  driver: string;
  healthy: boolean;
  activeSessions: number;
  pid: number | null;
  startedAt: string;
  sandbox: WorkerHealth["sandbox"] | null;
}

export interface Driver {
  /** A worker for the session, started if need be. Idempotent. Throws worker_unavailable. */
  acquire(session: { id: string }): Promise<WorkerHandle>;
  /** The worker of that id if it still lives: how a restarted hub finds its attempts again. */
  find(workerId: string): Promise<WorkerHandle | null>;
  list(): Promise<WorkerInfo[]>;
  isHealthy(worker: { id: string }): Promise<boolean>;
  /** The session needs its worker no longer; with kill the worker hangs and its process tree is ended. */
  release(sessionId: string, options?: { kill?: boolean }): Promise<void>;
}

// ── Channel: where requests enter and answers leave ──────────────────────────────────────────────────────────────────

/** One verified request in a channel's own words, ready for intake. */
export interface ChannelMessage {
  sessionId?: string;
  text: string;
  agent?: string;
  skills: string[];
  mcpServers: string[];
  /** The sender's own id of this delivery; a repeat of it is the same message. */
  deliveryId?: string;
}

export interface Channel {
  readonly type: string;
  /** Whether the raw request is what it claims to be. A refusal is a value. */
  verify(request: unknown): { ok: true } | { ok: false; reason: string };
  /** What the request asks for; throws AnyWorkError invalid_request with the field that is wrong. */
  toMessages(request: unknown): ChannelMessage[];
}

// ── Store: small ports, one per concept ──────────────────────────────────────────────────────────────────────────────

export interface NewTask {
  id: string;
  sessionId: string;
  channel: string;
  agent: string;
  message: string;
  skills: string[];
  mcpServers: string[];
  retryOf: string | null;
  /** A repeat within this scope and key returns the first task; the digest tells whether it asks for the same. */
  dedupe: { scope: string; key: string; digest: string } | null;
  createdAt: string;
  title: string;
  /** With so many waiting tasks in the session a new one is refused; a repeat never is. */
  maxWaiting: number;
}

export type Accepted =
  | { kind: "created"; task: Task; session: Session; sessionCreated: boolean }
  | { kind: "repeat"; task: Task }
  | { kind: "mismatch"; task: Task };

export interface TaskFilter {
  sessionId?: string;
  status?: TaskStatus;
  before?: string;
  limit: number;
}

/** A claimed task: its lease token fences every later write of the attempt. */
export interface Claim {
  task: Task;
  leaseToken: number;
}

export interface TaskStore {
  /**
   * One transaction: duplicate check, session found or opened, task written as pending. Durable when it resolves.
   * Throws too_many_requests.
   */
  accept(task: NewTask): Promise<Accepted>;
  get(id: string): Promise<Task | null>;
  /** Newest first. */
  list(filter: TaskFilter): Promise<Task[]>;
  /** Every task that has not ended, oldest first: what a starting hub takes up. */
  open(): Promise<Task[]>;
  /** pending → running with the next attempt number and the session's next lease token; null when it is no longer pending. */
  claim(task: { id: string; workerId: string; at: string }): Promise<Claim | null>;
  /** The same attempt under the session's next lease token, for a hub that comes after another; null when it is not running. */
  takeOver(id: string): Promise<Claim | null>;
}

/** Events of one session in pos order, and what they do to their task, written in one transaction. */
export interface Append {
  sessionId: string;
  events: StoredEvent[];
  /** Refused with stale_lease when the session's lease has moved on; null for the hub's own writes. */
  leaseToken: number | null;
  change?:
    | {
        kind: "end";
        taskId: string;
        from: TaskStatus[];
        outcome: Outcome;
        error: Task["error"];
        tokens: { input: number; output: number };
        at: string;
      }
    | { kind: "move"; taskId: string; from: TaskStatus[]; to: TaskStatus }
    | undefined;
}

export interface EventStore {
  /** Durable when it resolves. Throws stale_lease, task_terminal (the change came too late), conflict (too early; nothing was written), disk_full, store_unavailable. */
  append(append: Append): Promise<void>;
  /** Events of a session with pos > after, in order, whole rows until about `limit` events are reached; empty at the end. */
  readSession(query: { sessionId: string; after: number; limit: number }): Promise<StoredEvent[]>;
  /** Events of a task with seq > after, at most `limit`. */
  readTask(query: { taskId: string; after: number; limit: number }): Promise<StoredEvent[]>;
  /** The last numbers given out in a session and in each of its open tasks. */
  heads(
    sessionId: string,
  ): Promise<{ pos: number; tasks: Record<string, { seq: number; attempt: number; wseq: number }> }>;
}

export interface SessionStore {
  create(session: { id: string; title: string; channel: string; agent: string; createdAt: string }): Promise<Session>;
  get(id: string): Promise<Session | null>;
  /** Newest activity first; `before` is the updatedAt and id of the last one seen. */
  list(query: { before?: { updatedAt: string; id: string }; limit: number }): Promise<Session[]>;
  rename(id: string, title: string): Promise<Session | null>;
  /** The session with its tasks and events. False when there was none; conflict while a task of it is open. */
  remove(id: string): Promise<boolean>;
}

export interface SignIn {
  /** SHA-256 of the cookie, hex. */
  hash: string;
  createdAt: string;
  expiresAt: string;
}

/** Small durable facts of an installation: sign-ins, sealed secrets, settings, settled usage. */
export interface SettingStore {
  addSignIn(signIn: SignIn): Promise<void>;
  hasSignIn(hash: string, now: string): Promise<boolean>;
  removeSignIn(hash: string): Promise<void>;
  get(key: string): Promise<string | null>;
  /** Null removes it. */
  put(key: string, value: string | null): Promise<void>;
}

/** What the gateway metered; it knows of calls that no worker reported. */
export interface UsageStore {
  /** Durable when it resolves; a call that was added before stays as it is. */
  add(calls: GatewayUsage[]): Promise<void>;
  ofTask(taskId: string): Promise<GatewayUsage[]>;
}

export interface Store {
  readonly tasks: TaskStore;
  readonly events: EventStore;
  readonly sessions: SessionStore;
  readonly settings: SettingStore;
  readonly usage: UsageStore;
  close(): Promise<void>;
}
