import type { TaskEvent } from "@anywork/protocol";

const everyMs = 100;
const aliveMs = 60_000;
const limitChars = 100_000;

export interface LiveOutput {
  add(text: string): void;
  /** Sends what waits; nothing is sent after it. */
  end(): void;
}

/**
 * Live output of one tool call: gathered, sent at most ten times a second, and 100,000 characters of it at most. A tool that
 * is silent for a minute gives an empty one: it has a timeout of its own and must not look like a task that hangs.
 */
export function createLiveOutput(callId: string, emit: (event: TaskEvent) => void): LiveOutput {
  let waiting = "";
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;

  const send = (content: string) =>
    emit({ type: "status", content, metadata: { kind: "tool_output", call_id: callId } });
  const alive = setInterval(() => send(""), aliveMs);

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    send(waiting);
    waiting = "";
    alive.refresh();
  }

  return {
    add(text) {
      const room = limitChars - sent;
      if (room <= 0) return;
      waiting += text.slice(0, room);
      sent += text.length;
      if (sent >= limitChars) waiting += "\n[… the rest is not shown live …]\n";
      timer ??= setTimeout(flush, everyMs);
    },
    end() {
      clearInterval(alive);
      flush();
    },
  };
}
