export type { ApiClient, ApiClientOptions, CallOptions } from "./api-client.ts";
export { createApiClient } from "./api-client.ts";
export { ApiError } from "./api-error.ts";
export { routes } from "./routes.ts";
export type { HubSocket, SocketLike, SocketOptions, SocketState } from "./socket.ts";
export { createSocket } from "./socket.ts";
export {
  applyFrames,
  expectMessage,
  forgetPending,
  markPending,
  noteTask,
  threadFromMessages,
  withEarlier,
} from "./thread.ts";
export type { PartView, PendingMessage, TaskFailure, TaskView, Thread, ToolView } from "./thread-view.ts";
export { emptyThread, isOver } from "./thread-view.ts";
