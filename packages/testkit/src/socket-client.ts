// A client's socket that keeps every frame as it came, so that live and replayed ones can be compared byte by byte.
import type { HubFrame } from "@anywork/protocol";
import { WebSocket } from "ws";
import type { Headers } from "./http-client.ts";

export interface TestSocket {
  /** The frames as texts, in order. */
  readonly raw: readonly string[];
  readonly frames: readonly HubFrame[];
  /** The code with which it was closed; null while it is open. */
  readonly closeCode: number | null;
  /** An object goes as JSON, a text as it is, bytes as a binary frame. */
  send(frame: unknown): void;
  /** The first frame that fits, from number `from` on (0: also those that came already). */
  until(fits: (frame: HubFrame) => boolean, options?: { from?: number; deadlineMs?: number }): Promise<HubFrame>;
  untilClosed(deadlineMs?: number): Promise<number>;
  close(): void;
}

/** Rejects with the status when the upgrade is refused. */
export function openSocket(port: number, headers: Headers): Promise<TestSocket> {
  const sent = Object.fromEntries(Object.entries(headers).filter((pair): pair is [string, string] => !!pair[1]));
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: sent, perMessageDeflate: false });
  const raw: string[] = [];
  const frames: HubFrame[] = [];
  const watchers = new Set<() => void>();
  let closeCode: number | null = null;
  const wake = () => {
    for (const watcher of [...watchers]) watcher();
  };
  client.on("message", (data) => {
    raw.push(String(data));
    frames.push(JSON.parse(String(data)) as HubFrame);
    wake();
  });
  client.on("close", (code) => {
    closeCode = code;
    wake();
  });

  function wait<T>(look: () => T | null, what: () => string, deadlineMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (settle: () => void) => {
        clearTimeout(timer);
        watchers.delete(check);
        settle();
      };
      const timer = setTimeout(
        () =>
          stop(() =>
            reject(new Error(`waited ${deadlineMs} ms in vain for ${what()}; last: ${raw.slice(-5).join("\n")}`)),
          ),
        deadlineMs,
      );
      const check = () => {
        const found = look();
        if (found !== null) stop(() => resolve(found));
        else if (closeCode !== null) stop(() => reject(new Error(`the socket was closed with ${closeCode}`)));
      };
      watchers.add(check);
      check();
    });
  }

  const socket: TestSocket = {
    raw,
    frames,
    get closeCode() {
      return closeCode;
    },
    send(frame) {
      client.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    },
    until(fits, { from = 0, deadlineMs = 30_000 } = {}) {
      let at = from;
      const look = () => {
        for (; at < frames.length; at += 1) {
          const frame = frames[at];
          if (frame && fits(frame)) return frame;
        }
        return null;
      };
      return wait(look, () => `a frame (${fits})`, deadlineMs);
    },
    untilClosed: (deadlineMs = 20_000) =>
      wait(
        () => closeCode,
        () => "the socket's end",
        deadlineMs,
      ),
    close: () => client.terminate(),
  };
  return new Promise((resolve, reject) => {
    client.once("open", () => {
      client.off("error", reject);
      // A broken link is seen by its close.
      client.on("error", () => undefined);
      resolve(socket);
    });
    client.once("error", reject);
  });
}
