// What the tests of the whole ask of a hub again and again, in their words.
import type { HubFrame, Reply, Task } from "@anywork/protocol";
import { type HubProcess, type TestSocket, until } from "@anywork/testkit";
import { expect } from "vitest";

export interface Ask {
  message: string;
  sessionId?: string;
  agent?: string;
}

export async function createTask(hub: HubProcess, ask: Ask, headers = {}): Promise<Task> {
  return (await hub.http("POST", "/api/tasks", { agent: "echo", ...ask }, headers)).reply("createTask");
}

export async function getTask(hub: HubProcess, id: string): Promise<Task> {
  return (await hub.http("GET", `/api/tasks/${id}`)).reply("getTask");
}

export async function untilEnded(hub: HubProcess, id: string, deadlineMs = 40_000): Promise<Task> {
  return await until(
    async () => {
      const task = await getTask(hub, id);
      return task.finishedAt === null ? null : task;
    },
    `task ${id} ends`,
    deadlineMs,
  );
}

export async function runTask(hub: HubProcess, ask: Ask): Promise<Task> {
  return await untilEnded(hub, (await createTask(hub, ask)).id);
}

export type LogEntry = Reply<"taskLogs">["logs"][number];

/** All of a task's log, page by page. */
export async function logsOf(hub: HubProcess, id: string, limit = 500): Promise<LogEntry[]> {
  const logs: LogEntry[] = [];
  for (;;) {
    const after = logs.at(-1)?.seq ?? 0;
    const page = (await hub.http("GET", `/api/tasks/${id}/logs?after=${after}&limit=${limit}`)).reply("taskLogs");
    logs.push(...page.logs);
    if (!page.hasMore) return logs;
  }
}

export const isDone = (frame: HubFrame): boolean => frame.type === "done";
export const doneOf = (taskId: string | undefined) => (frame: HubFrame) => isDone(frame) && frame.task_id === taskId;
export const textOf = (frames: readonly HubFrame[]): string =>
  frames.map((frame) => (frame.type === "text" ? frame.content : "")).join("");

/** Sends a chat and waits for the end of its task; gives the frames that came because of it. */
export async function chat(socket: TestSocket, frame: Record<string, unknown>): Promise<HubFrame[]> {
  const from = socket.frames.length;
  socket.send({ type: "chat", agent: "echo", ...frame });
  await socket.until(isDone, { from });
  return socket.frames.slice(from);
}

/** The raw frames of one task. */
export function rawOf(socket: TestSocket, taskId: string | undefined): string[] {
  return socket.raw.filter((_, at) => socket.frames[at]?.task_id === taskId);
}

/** The laws of every task's frames: numbered 1, 2, 3 …, each with a cursor that grows, ended by its only `done`. */
export function expectLawful(frames: readonly HubFrame[]): void {
  expect(frames.map((frame) => frame.seq)).toEqual(frames.map((_, at) => at + 1));
  const positions = frames.map((frame) => Number(/^c(\d+)$/.exec(frame.cursor ?? "")?.[1]));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(new Set(positions).size).toBe(frames.length);
  expect(positions.every((position) => position > 0)).toBe(true);
  expect(frames.filter(isDone)).toEqual([frames.at(-1)]);
}
