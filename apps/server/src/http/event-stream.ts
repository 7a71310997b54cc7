// Events of one task as Server-Sent Events (html.spec.whatwg.org, 9.2): id is the cursor, data the same frame as on the
// socket, byte for byte.
import type { Published, Store, Streams } from "@anywork/core";
import { AnyWorkError, decodeCursor, isTerminal, type Task } from "@anywork/protocol";

const pingMs = 15_000;
const maxBufferedBytes = 1024 * 1024;

export interface EventStreamDeps {
  streams: Streams;
  store: Pick<Store, "events">;
}

/** `after` is a cursor or a seq of the task; without it everything from the first event. */
export async function taskEventStream(task: Task, after: string | undefined, deps: EventStreamDeps): Promise<Response> {
  const from = await startOf(task, after, deps);
  const ended = new AbortController();
  const encoder = new TextEncoder();
  let ping: NodeJS.Timeout | undefined;
  let wake: (() => void) | null = null;
  let isReplaying = true;

  const stop = () => {
    clearInterval(ping);
    ended.abort();
    wake?.();
  };

  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const close = () => {
      if (ended.signal.aborted) return;
      stop();
      controller.close();
    };
    const send = (text: string) => {
      if (ended.signal.aborted) return;
      controller.enqueue(encoder.encode(text));
      // A reader that does not read is let go; it comes back with its last id.
      if (!isReplaying && (controller.desiredSize ?? 0) < -maxBufferedBytes) close();
    };
    /** While stored events are read the reader sets the pace. */
    const room = async () => {
      if (isReplaying && !ended.signal.aborted && (controller.desiredSize ?? 0) <= 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const onEvents = (events: readonly Published[]) => {
      const mine = events.filter(({ stored }) => stored.taskId === task.id && stored.seq > from.seq);
      if (mine.length > 0) send(mine.map(toSse).join(""));
      if (mine.some(({ stored }) => stored.event.type === "done")) close();
      return room();
    };
    const onReset = () => send(": the cursor is ahead of what is kept; begin anew\n\n");
    ping = setInterval(() => send(": ping\n\n"), pingMs);
    deps.streams
      .subscribe({ sessionId: task.sessionId, after: from.pos, onEvents, onReset, signal: ended.signal })
      .then(
        () => {
          isReplaying = false;
          if (isTerminal(task.status)) close();
        },
        (error: unknown) => {
          if (ended.signal.aborted) return;
          stop();
          controller.error(error);
        },
      );
  };

  const body = new ReadableStream<Uint8Array>(
    { start, pull: () => wake?.(), cancel: stop },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  );
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

function toSse({ stored, frame }: Published): string {
  const type = stored.event.type === "parked" ? "status" : stored.event.type;
  return `id: c${stored.pos}\nevent: ${type}\ndata: ${frame}\n\n`;
}

async function startOf(
  task: Task,
  after: string | undefined,
  { store }: EventStreamDeps,
): Promise<{ pos: number; seq: number }> {
  if (after === undefined || after === "") {
    const [first] = await store.events.readTask({ taskId: task.id, after: 0, limit: 1 });
    return { pos: first ? first.pos - 1 : 0, seq: 0 };
  }
  if (/^c\d{1,15}$/.test(after)) return { pos: decodeCursor(after), seq: 0 };
  if (/^\d{1,15}$/.test(after)) {
    const [first] = await store.events.readTask({ taskId: task.id, after: 0, limit: 1 });
    return { pos: first ? first.pos - 1 : 0, seq: Number(after) };
  }
  throw new AnyWorkError("invalid_request", "after: must be a cursor or a seq of this task", { field: "after" });
}
