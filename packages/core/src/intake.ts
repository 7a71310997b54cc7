// The one way in. From: channels and the API. In: a verified message. Out: a stored task, then (only then) the
// acknowledgement, then the dispatcher.
import { AnyWorkError, type Session, type Task } from "@anywork/protocol";
import type { Dispatcher } from "./dispatcher.ts";
import type { Accepted, ChannelMessage, Clock, NewTask, Store } from "./ports.ts";

export interface AcceptedMessage {
  task: Task;
  session: Session | null;
  /** False when the same delivery had been accepted before. */
  isNew: boolean;
  sessionCreated: boolean;
}

export interface Intake {
  /**
   * Durable when it resolves. `onStored` runs after the commit and before any event of the task is sent.
   * Throws invalid_request, too_many_requests, idempotency_conflict, store_unavailable.
   */
  accept(
    from: { channel: string; account: string },
    message: ChannelMessage,
    onStored?: (accepted: AcceptedMessage) => void,
  ): Promise<AcceptedMessage>;
  /** The same request once more as a new task. Throws not_found, conflict while it has not ended. */
  retry(taskId: string): Promise<Task>;
}

export interface IntakeDeps {
  store: Store;
  dispatcher: Dispatcher;
  clock: Clock;
  newId: () => string;
  /** Hex digest of a text, to tell a repeat from another request under the same key. */
  digest: (text: string) => string;
  agents: readonly string[];
  queuedPerSession: number;
}

export function createIntake(deps: IntakeDeps): Intake {
  const { store, dispatcher, clock } = deps;

  function assertAgent(agent: string): void {
    if (!deps.agents.includes(agent)) {
      throw new AnyWorkError("invalid_request", `There is no agent named “${agent}”.`, {
        field: "agent",
        hint: `Agents of this installation: ${deps.agents.join(", ")}.`,
      });
    }
  }

  async function storeTask(task: NewTask, onStored?: (accepted: AcceptedMessage) => void): Promise<AcceptedMessage> {
    const letGo = dispatcher.expect(task.sessionId);
    try {
      return take(await store.tasks.accept(task), onStored);
    } finally {
      letGo();
    }
  }

  function take(accepted: Accepted, onStored?: (accepted: AcceptedMessage) => void): AcceptedMessage {
    if (accepted.kind === "mismatch") {
      throw new AnyWorkError("idempotency_conflict", "This Idempotency-Key was used for another request.", {
        hint: "Use a new key for a new request.",
      });
    }
    if (accepted.kind === "repeat") {
      const repeat = { task: accepted.task, session: null, isNew: false, sessionCreated: false };
      onStored?.(repeat);
      return repeat;
    }
    const { session, sessionCreated } = accepted;
    const result = { task: accepted.task, session, isNew: true, sessionCreated };
    onStored?.(result);
    dispatcher.enqueue(accepted.task);
    return result;
  }

  return {
    async accept(from, message, onStored) {
      const sessionId = message.sessionId ?? deps.newId();
      const agent = message.agent ?? "default";
      assertAgent(agent);
      const { deliveryId, skills, mcpServers, text } = message;
      const digest = deps.digest(JSON.stringify([message.sessionId ?? null, text, agent, skills, mcpServers]));
      return await storeTask(
        {
          id: deps.newId(),
          sessionId,
          channel: from.channel,
          agent,
          message: text,
          skills,
          mcpServers,
          retryOf: null,
          dedupe:
            deliveryId === undefined ? null : { scope: `${from.channel}:${from.account}`, key: deliveryId, digest },
          createdAt: clock.now(),
          title: titleOf(text),
          maxWaiting: deps.queuedPerSession,
        },
        onStored,
      );
    },
    async retry(taskId) {
      const task = await store.tasks.get(taskId);
      if (!task) throw new AnyWorkError("not_found", "There is no such task.");
      if (!["completed", "failed", "canceled"].includes(task.status)) {
        throw new AnyWorkError("conflict", `The task is ${task.status}; only an ended one can be run again.`, {
          hint: "Cancel it first.",
        });
      }
      assertAgent(task.agent);
      const { sessionId, channel, agent, message, skills, mcpServers } = task;
      const copy = { sessionId, channel, agent, message, skills, mcpServers };
      const accepted = await storeTask({
        ...copy,
        id: deps.newId(),
        retryOf: task.id,
        dedupe: null,
        createdAt: clock.now(),
        title: titleOf(message),
        maxWaiting: deps.queuedPerSession,
      });
      return accepted.task;
    },
  };
}

/** A session is called by its first line until somebody names it. */
export function titleOf(message: string): string {
  const line = message.trim().split("\n")[0] ?? "";
  return line.length <= 60 ? line : `${line.slice(0, 59).trimEnd()}…`;
}
