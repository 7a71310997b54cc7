// The worker protocol, hub side: prepare, chat, attach, cancel and answer over a process's Unix socket.
import type { WorkerHandle } from "@anywork/core";
import { journalHeadHeader, type ProcessRecord } from "@anywork/protocol";
import { createUnixClient, type UnixClient } from "./unix-client.ts";
import { readWorkerStream } from "./worker-stream.ts";

export interface ProcessHandle extends WorkerHandle {
  readonly client: UnixClient;
}

/** `onLost` hears of every broken connection, so that the driver can look whether the process still lives. */
export function createWorkerHandle(record: ProcessRecord, onLost: () => void): ProcessHandle {
  const client = createUnixClient(record);
  const noteLoss = (thrown: unknown): never => {
    if ((thrown as { code?: unknown }).code === "worker_lost") onLost();
    throw thrown;
  };
  async function* stream(opened: ReturnType<UnixClient["open"]>, signal?: AbortSignal) {
    try {
      yield* readWorkerStream(await opened, { workerId: record.id, signal });
    } catch (thrown) {
      noteLoss(thrown);
    }
  }
  const send = async (path: string, body: unknown, signal?: AbortSignal) => {
    await client.json("POST", path, body, signal).catch(noteLoss);
  };

  return {
    id: record.id,
    client,
    prepare: (request, signal) => send("/prepare", request, signal),
    async *chat(request, signal) {
      yield* stream(client.open("POST", "/chat", request, signal), signal);
    },
    async attach({ taskId, attempt, after }, signal) {
      const path = `/tasks/${encodeURIComponent(taskId)}/attempts/${attempt}/events?after=${after}`;
      const response = await client.open("GET", path, undefined, signal).catch(noteLoss);
      return { head: Number(response.headers[journalHeadHeader]), batches: stream(Promise.resolve(response), signal) };
    },
    cancel: (request) => send("/cancel", request),
    forget: ({ taskId, attempt }) => send("/forget", { task_id: taskId, attempt }),
    answer: (taskId, answer) => send(`/tasks/${encodeURIComponent(taskId)}/answer`, answer),
  };
}
