// The session as a reader sees it. Comes in: messages from the store (GET …/messages) and frames from the socket, in
// any portions, repeated or replayed. Goes out: the same Thread for the same history. The page draws it.
import type { ErrorCode, HubFrame, Message, Task } from "@anywork/protocol";
import { reduceTask } from "./task-reducer.ts";
import type { PartView, PendingMessage, TaskFailure, TaskView, Thread } from "./thread-view.ts";
import { emptyThread, isOver, newTask } from "./thread-view.ts";

/** An attempt number for what the store gives back: those parts are settled, no attempt can take them away. */
const settled = -1;

function partsOf(message: Message): PartView[] {
  if (message.parts === undefined) {
    return message.content === "" ? [] : [{ type: "text", text: message.content, attempt: settled }];
  }
  return message.parts.map((part): PartView => {
    if (part.type !== "tool") return { ...part, attempt: settled };
    return { type: "tool", tool: { ...part.call, live: "" }, attempt: settled };
  });
}

function withMessage(task: TaskView, message: Message): TaskView {
  if (message.role === "user") return { ...task, userText: message.content, createdAt: message.timestamp };
  const { outcome, error } = message;
  return {
    ...task,
    parts: partsOf(message),
    status: outcome?.status ?? task.status,
    outcome: outcome ?? null,
    error: error ? { code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) } : null,
  };
}

function tasksOf(messages: readonly Message[]): TaskView[] {
  const tasks = new Map<string, TaskView>();
  for (const message of messages) {
    const task = tasks.get(message.taskId) ?? newTask(message.taskId);
    tasks.set(message.taskId, withMessage(task, message));
  }
  return [...tasks.values()];
}

/** The store's answer as a thread; `cursor` says where the socket goes on. */
export function threadFromMessages(messages: readonly Message[], cursor: string, before: Thread = emptyThread): Thread {
  return { tasks: tasksOf(messages), pending: before.pending, cursor };
}

/** Older messages in front of what is shown. A task that lies on the border is put together again. */
export function withEarlier(thread: Thread, messages: readonly Message[]): Thread {
  const known = new Map(thread.tasks.map((task) => [task.taskId, task]));
  const older: TaskView[] = [];
  for (const task of tasksOf(messages)) {
    const here = known.get(task.taskId);
    if (here === undefined) older.push(task);
    else if (here.userText === "") {
      const { userText, createdAt } = task;
      known.set(task.taskId, { ...here, userText, createdAt });
    }
  }
  return { ...thread, tasks: [...older, ...thread.tasks.map((task) => known.get(task.taskId) ?? task)] };
}

function refused(pending: readonly PendingMessage[], frame: HubFrame): PendingMessage[] {
  const index = pending.findIndex((message) => message.state === "sending");
  const found = pending[index];
  if (found === undefined) return [...pending];
  const hint = frame.metadata.hint;
  const error: TaskFailure = {
    code: (frame.metadata.code ?? "internal") as ErrorCode,
    message: frame.content,
    ...(typeof hint === "string" && { hint }),
  };
  return pending.with(index, { ...found, state: "refused", error });
}

function withoutConfirmed(pending: PendingMessage[], task: TaskView): PendingMessage[] {
  if (task.retryOf !== null) return pending;
  const index = pending.findIndex((message) => message.state !== "refused" && message.text === task.userText);
  return index === -1 ? pending : pending.toSpliced(index, 1);
}

/** Working copy of a thread while a portion of frames is taken in: arrays are copied once per portion, not per frame. */
interface Draft extends Thread {
  index: Map<string, number>;
}

function take(draft: Draft, frame: HubFrame): void {
  if (frame.type === "cursor_reset" || frame.type === "cursor_expired") {
    const { messages, cursor } = frame.metadata as { messages?: Message[]; cursor?: string };
    draft.tasks = tasksOf(messages ?? []);
    draft.index = indexOf(draft.tasks);
    draft.cursor = cursor ?? frame.cursor ?? null;
    return;
  }
  if (frame.task_id === undefined || frame.seq === undefined) {
    if (frame.type === "error") draft.pending = refused(draft.pending, frame);
    return;
  }
  const at = draft.index.get(frame.task_id);
  const known = at === undefined ? undefined : draft.tasks[at];
  const before = known ?? newTask(frame.task_id);
  // No event follows the terminal one, and what was seen is not seen again.
  if (isOver(before) || frame.seq <= before.lastSeq) return;
  const after: TaskView = { ...reduceTask(before, frame), lastSeq: frame.seq };
  if (at === undefined) {
    draft.index.set(frame.task_id, draft.tasks.length);
    draft.tasks.push(after);
    draft.pending = withoutConfirmed(draft.pending, after);
  } else {
    draft.tasks[at] = after;
  }
  draft.cursor = laterOf(draft.cursor, frame.cursor);
}

function indexOf(tasks: readonly TaskView[]): Map<string, number> {
  return new Map(tasks.map((task, index) => [task.taskId, index]));
}

/** Cursors are opaque to people; that they grow within a session is all that is used here. */
function laterOf(before: string | null, after: string | undefined): string | null {
  if (after === undefined) return before;
  if (before === null || after.length > before.length) return after;
  return after.length === before.length && after > before ? after : before;
}

/** Frames of one session, in the order of their coming. */
export function applyFrames(thread: Thread, frames: readonly HubFrame[]): Thread {
  if (frames.length === 0) return thread;
  const draft: Draft = { ...thread, tasks: [...thread.tasks], index: indexOf(thread.tasks) };
  for (const frame of frames) take(draft, frame);
  return { tasks: draft.tasks, pending: draft.pending, cursor: draft.cursor };
}

/** Shows a message at once, before the hub has confirmed it. */
export function expectMessage(thread: Thread, id: string, text: string): Thread {
  return { ...thread, pending: [...thread.pending, { id, text, state: "sending", error: null }] };
}

export function markPending(thread: Thread, id: string, state: PendingMessage["state"], error?: TaskFailure): Thread {
  const pending = thread.pending.map((one) => (one.id === id ? { ...one, state, error: error ?? null } : one));
  return { ...thread, pending };
}

export function forgetPending(thread: Thread, id: string): Thread {
  return { ...thread, pending: thread.pending.filter((one) => one.id !== id) };
}

/** Times that frames do not carry, from GET …/tasks. */
export function noteTask(thread: Thread, task: Pick<Task, "id" | "startedAt" | "createdAt">): Thread {
  const index = thread.tasks.findIndex((one) => one.taskId === task.id);
  const found = thread.tasks[index];
  if (found === undefined) return thread;
  const { startedAt, createdAt } = task;
  return { ...thread, tasks: thread.tasks.with(index, { ...found, startedAt, createdAt }) };
}
