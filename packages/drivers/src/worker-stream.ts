// Hub side of /chat and its resumed form. In: the worker's response. Out: batches of events, for the hub's pump to
// number and store. Ends after done or parked; a broken or silent connection is worker_lost, never an end.
import type { IncomingMessage } from "node:http";
import { AnyWorkError, type WorkerEvent } from "@anywork/protocol";
import { createFrameParser } from "./frame-parser.ts";

/** The worker's heartbeat comes every 5 s; three missed ones mean that it is gone or hangs. */
const silenceMs = 15_000;
/** Batches that may wait for a slow reader before the socket is paused. */
const maxWaiting = 16;

export interface WorkerStreamOptions {
  workerId: string;
  signal?: AbortSignal | undefined;
  silenceMs?: number;
}

/** The response's events. Leaving the loop closes the connection, which never cancels the attempt. */
export async function* readWorkerStream(
  response: IncomingMessage,
  options: WorkerStreamOptions,
): AsyncGenerator<WorkerEvent[], void, void> {
  const source = queueBatches(response, options);
  let isOver = false;
  try {
    for (;;) {
      const batch = await source.next();
      if (batch === null) return;
      const last = batch.at(-1)?.event.type;
      isOver = last === "done" || last === "parked";
      yield batch;
      if (isOver) return;
    }
  } finally {
    source.close(isOver);
  }
}

function queueBatches(response: IncomingMessage, options: WorkerStreamOptions) {
  const parser = createFrameParser();
  const waiting: WorkerEvent[][] = [];
  let end: { error: unknown } | { error?: never } | null = null;
  let wake: (() => void) | null = null;
  const finish = (reason: NonNullable<typeof end>) => {
    end ??= reason;
    clearTimeout(watch);
    wake?.();
  };
  const lost = (why: string, cause?: unknown) =>
    finish({
      error: new AnyWorkError("worker_lost", `the connection to ${options.workerId} broke: ${why}`, { cause }),
    });
  const limitMs = options.silenceMs ?? silenceMs;
  const watch: NodeJS.Timeout = setTimeout(() => {
    if (response.isPaused()) watch.refresh();
    else lost(`nothing came for ${limitMs / 1000} s`);
  }, limitMs);
  const onAbort = () => finish({ error: options.signal?.reason });

  response.on("data", (chunk: Buffer) => {
    watch.refresh();
    try {
      const batch = parser.push(chunk);
      if (batch.length === 0) return;
      waiting.push(batch);
    } catch (error) {
      finish({ error });
    }
    if (waiting.length >= maxWaiting) response.pause();
    wake?.();
  });
  response.once("end", () => finish({}));
  response.once("error", (cause) => lost(cause.message, cause));
  response.once("close", () => lost("it was closed"));
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  if (response.destroyed && !response.complete) lost("it was closed");

  return {
    async next(): Promise<WorkerEvent[] | null> {
      for (;;) {
        const batch = waiting.shift();
        if (batch) return batch;
        if (end && "error" in end) throw end.error;
        if (end) return null;
        if (response.isPaused()) {
          watch.refresh();
          response.resume();
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
    },
    /** After the last event the worker ends the response itself, and the connection serves again. */
    close(isOver: boolean) {
      finish({});
      options.signal?.removeEventListener("abort", onAbort);
      if (isOver) response.resume();
      else if (!response.complete) response.destroy();
    },
  };
}
