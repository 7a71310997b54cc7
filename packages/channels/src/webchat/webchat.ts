// The page's and the command line's channel. In: a chat frame of an authenticated socket. Out: a message for intake.
// Answers need no delivery: whoever asked is subscribed to its session.
import type { Channel, ChannelMessage } from "@anywork/core";
import { AnyWorkError, type ParsedClientFrame } from "@anywork/protocol";
import { z } from "zod";

export const webchatConfigSchema = z.strictObject({});

export interface WebchatRequest {
  /** Whether the socket was judged at its upgrade. */
  isOwner: boolean;
  frame: ParsedClientFrame;
}

export function createWebchatChannel(): Channel {
  return {
    type: "webchat",
    verify: (request) =>
      (request as WebchatRequest).isOwner ? { ok: true } : { ok: false, reason: "the socket is not signed in" },
    toMessages(request): ChannelMessage[] {
      const { frame } = request as WebchatRequest;
      if (frame.type !== "chat") throw new AnyWorkError("invalid_request", `A ${frame.type} frame is no message.`);
      const { session_id, agent, message, skills, mcp_servers } = frame;
      return [
        {
          text: message,
          skills,
          mcpServers: mcp_servers,
          ...(session_id !== undefined && { sessionId: session_id }),
          ...(agent !== undefined && { agent }),
        },
      ];
    },
  };
}
