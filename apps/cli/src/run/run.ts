// One message, from this command to its end. Goes out: a chat frame over the socket. Comes in: frames, which the
// follower sorts and the display shows. When the hub restarts in between, the socket comes back after the last cursor.
import { type ApiClient, ApiError, createApiClient, createSocket, type SocketOptions } from "@anywork/client";
import type { HubFrame } from "@anywork/protocol";
import { Complaint, exitCodeOf, exitCodes } from "../exit-codes.ts";
import { findHub, noHub, type RunningHub } from "../hub.ts";
import type { Display } from "./display.ts";
import { createFollower } from "./follower.ts";
import { webSocketOf } from "./web-socket.ts";

/** A hub that restarts is back within seconds; one that stays away this long was ended. */
const patienceMs = 120_000;

export interface RunOptions {
  home: string;
  hub: RunningHub;
  sessionId: string;
  message: string;
  agent: string | undefined;
  display: Display;
  /** Aborted by the first Ctrl-C: cancels the task, whose end is then waited for. */
  cancel: AbortSignal;
}

/** Resolves with the exit code. Throws a Complaint when the hub goes away for good or does not let us in. */
export async function run(options: RunOptions): Promise<number> {
  const { home, sessionId, message, agent, display, cancel } = options;
  const api = () => apiOf(findHub(home)?.address ?? options.hub.address, options.hub.token);
  const known = await tasksOf(api(), sessionId);
  const follower = createFollower({ sessionId, message, known: new Set(known.map(({ id }) => id)) });
  const ended = Promise.withResolvers<number>();
  let hasSent = false;
  let patience: ReturnType<typeof setTimeout> | undefined;

  const chat = () => socket.send({ type: "chat", session_id: sessionId, message, ...(agent && { agent }) });
  function cancelTask(): void {
    const taskId = follower.taskId();
    if (taskId !== null) socket.send({ type: "cancel", session_id: sessionId, task_id: taskId });
  }

  /** The connection broke while the message was on its way: it is sent again only if it did not arrive. */
  async function sendIfMissing(): Promise<void> {
    const tasks = await tasksOf(api(), sessionId);
    if (!tasks.some((task) => !known.some(({ id }) => id === task.id) && task.message === message)) chat();
  }

  function onOpen(): void {
    clearTimeout(patience);
    patience = undefined;
    if (!hasSent) hasSent = chat();
    else if (follower.taskId() === null) void sendIfMissing().catch(ended.reject);
    else if (cancel.aborted) cancelTask();
  }

  function onLost(attempt: number): void {
    if (attempt === 1) display.note("… the connection to the hub is lost, trying again");
    patience ??= setTimeout(() => ended.reject(goneHub(home, sessionId, hasSent)), patienceMs);
  }

  function onFrame(frame: HubFrame): void {
    const wasKnown = follower.taskId() !== null;
    const step = follower.take(frame);
    if (step.kind === "ignore") return;
    display.show(frame);
    if (step.kind === "ended") ended.resolve(exitCodeOf(step.outcome.status));
    else if (step.kind === "refused") ended.resolve(exitCodes.refused);
    else if (!wasKnown && cancel.aborted) cancelTask();
  }

  const onState: SocketOptions["onState"] = (state) => {
    if (state.name === "open") onOpen();
    else if (state.name === "reconnecting") onLost(state.attempt);
    else if (state.name === "refused") ended.reject(notWelcome(home));
  };

  const socket = createSocket({
    url: `${options.hub.address.replace(/^http/, "ws")}/ws`,
    token: options.hub.token,
    WebSocket: webSocketOf(() => findHub(home)?.address ?? null),
    isWelcome: async () => (await api().call("who")).signedIn,
    onFrame,
    onState,
    maxDelayMs: 2_000,
  });
  cancel.addEventListener("abort", cancelTask, { once: true });
  socket.connect();
  try {
    return await ended.promise;
  } finally {
    clearTimeout(patience);
    cancel.removeEventListener("abort", cancelTask);
    socket.close();
    display.end();
  }
}

const apiOf = (baseUrl: string, token: string): ApiClient => createApiClient({ baseUrl, token });

/** The newest tasks of a session; none when it does not exist yet. */
async function tasksOf(api: ApiClient, id: string): Promise<{ id: string; message: string }[]> {
  try {
    return (await api.call("sessionTasks", { params: { id }, query: { limit: 500 } })).tasks;
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_found") return [];
    throw error;
  }
}

function goneHub(home: string, sessionId: string, hasSent: boolean): Complaint {
  if (!hasSent) return noHub(home);
  const hint = `Start it with: anywork up. The task goes on by then; it is in the session ${sessionId}.`;
  return new Complaint("The hub went away and did not come back.", hint, exitCodes.noHub);
}

function notWelcome(home: string): Complaint {
  const hint = "Name the home that this hub uses: --home DIR";
  return new Complaint(`The hub does not know the token in ${home}.`, hint, exitCodes.refused);
}
