import type { Dispatcher, Intake, Store, Streams } from "@anywork/core";
import { AnyWorkError, type Task } from "@anywork/protocol";
import type { Handlers } from "../app.ts";
import { taskEventStream } from "../event-stream.ts";

type TaskRoutes = "createTask" | "listTasks" | "getTask" | "taskLogs" | "taskEvents" | "cancelTask" | "retryTask";

export interface TaskHandlerDeps {
  store: Store;
  intake: Intake;
  dispatcher: Dispatcher;
  streams: Streams;
}

export function taskHandlers({ store, intake, dispatcher, streams }: TaskHandlerDeps): Pick<Handlers, TaskRoutes> {
  async function find(id: string | undefined): Promise<Task> {
    const task = id === undefined ? null : await store.tasks.get(id);
    if (!task) throw new AnyWorkError("not_found", "There is no such task.");
    return task;
  }

  return {
    async createTask({ body, request }) {
      const key = request.headers.get("idempotency-key");
      if (key !== null && !/^[\x20-\x7e]{1,200}$/.test(key)) {
        throw new AnyWorkError("invalid_request", "Idempotency-Key: must be 1 to 200 printable characters", {
          field: "Idempotency-Key",
        });
      }
      const { task } = await intake.accept(
        { channel: "api", account: "default" },
        {
          text: body.message,
          skills: body.skills ?? [],
          mcpServers: body.mcpServers ?? [],
          ...(body.sessionId && { sessionId: body.sessionId }),
          ...(body.agent && { agent: body.agent }),
          ...(key !== null && { deliveryId: key }),
        },
      );
      return task;
    },
    async listTasks({ query }) {
      const { limit, cursor, status, sessionId } = query;
      const filter = { ...(cursor && { before: cursor }), ...(status && { status }), ...(sessionId && { sessionId }) };
      return page(await store.tasks.list({ ...filter, limit: limit + 1 }), limit);
    },
    getTask: ({ params }) => find(params.id),
    async taskLogs({ params, query }) {
      const task = await find(params.id);
      const events = await store.events.readTask({ taskId: task.id, after: query.after, limit: query.limit + 1 });
      const logs = events.slice(0, query.limit).map(({ seq, timestamp, event }) => {
        const { type, content, metadata } = event;
        return { seq, type, content, metadata: metadata as Record<string, unknown>, timestamp };
      });
      return { logs, hasMore: events.length > query.limit };
    },
    async taskEvents({ params, query, request }) {
      const task = await find(params.id);
      const after = request.headers.get("last-event-id") ?? query.after;
      return await taskEventStream(task, after, { streams, store });
    },
    async cancelTask({ params }) {
      const task = await find(params.id);
      if (task.finishedAt !== null) {
        throw new AnyWorkError("task_terminal", `The task is ${task.status} already.`, {
          hint: "Nothing is left to cancel.",
        });
      }
      return await dispatcher.cancel(task.id);
    },
    async retryTask({ params }) {
      return await intake.retry((await find(params.id)).id);
    },
  };
}

/** A list with one more than asked for tells whether there is more. */
export function page(tasks: Task[], limit: number): { tasks: Task[]; nextCursor?: string } {
  const shown = tasks.slice(0, limit);
  const last = shown.at(-1);
  return { tasks: shown, ...(tasks.length > limit && last && { nextCursor: last.id }) };
}
