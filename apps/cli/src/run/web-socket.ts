import type { SocketLike, SocketOptions } from "@anywork/client";
import { WebSocket } from "ws";

type SocketClass = NonNullable<SocketOptions["WebSocket"]>;

/**
 * The socket class for a hub that may come back elsewhere: every connection goes to where the hub says it is now. While
 * none says so, no token is sent: its old port may be another program's by then.
 */
export function webSocketOf(address: () => string | null): SocketClass {
  function HubWebSocket(url: string, options?: { headers: Record<string, string> }): SocketLike {
    const now = address();
    const socket = now === null ? new WebSocket(url) : new WebSocket(`${now.replace(/^http/, "ws")}/ws`, options);
    return socket as unknown as SocketLike;
  }
  return HubWebSocket as unknown as SocketClass;
}
