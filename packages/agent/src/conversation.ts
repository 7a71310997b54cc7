// A conversation with its workspace: history, tools, background commands. One task at a time.
import { failure, type TaskEvent } from "@anywork/protocol";
import { type Clock, systemClock } from "./clock.ts";
import { createMemoryHistory, type History, openHistory } from "./history.ts";
import { type LoopTask, runLoop } from "./loop.ts";
import { decide } from "./permissions.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { createBackground } from "./tools/background.ts";
import { builtinTools } from "./tools/index.ts";
import type { Tool } from "./tools/tool.ts";

export interface ConversationOptions {
  workspace: string;
  sandbox: Sandbox;
  /** Where it is kept; without it the conversation is forgotten. */
  historyFile?: string;
  /** Default: the built-in tools. */
  tools?: readonly Tool[];
  clock?: Clock;
  /** 0 ≤ n < 1; for the jitter of retries. */
  random?: () => number;
}

export interface Conversation {
  /** Never throws. The last event is `done`. A reader that stops early cancels. */
  run(task: LoopTask, signal: AbortSignal): AsyncIterable<TaskEvent>;
  /** Ends what still runs. Idempotent. */
  close(): Promise<void>;
}

/** Throws engine_failed when the kept conversation cannot be read. */
export async function openConversation(options: ConversationOptions): Promise<Conversation> {
  const { workspace, sandbox, historyFile, tools = builtinTools, clock = systemClock, random = Math.random } = options;
  const history: History = historyFile ? await openHistory(historyFile, clock.now) : createMemoryHistory();
  const background = createBackground();
  let isRunning = false;
  const closing = new AbortController();

  return {
    async *run(task, signal) {
      if (isRunning) {
        yield* failure({ code: "conflict", message: "another task of this session is running" }, { retryable: true });
        return;
      }
      isRunning = true;
      let isOver = false;
      const stop = new AbortController();
      const abort = () => stop.abort();
      for (const source of [signal, closing.signal]) {
        if (source.aborted) abort();
        source.addEventListener("abort", abort, { once: true });
      }
      try {
        const context = { workspace, sandbox, background };
        for await (const event of runLoop(task, { history, tools, decide, clock, random, context }, stop.signal)) {
          isOver = event.type === "done";
          if (isOver && stop.signal.aborted) await background.kill();
          yield event;
        }
      } finally {
        if (!isOver) abort(); // for a reader that went away
        for (const source of [signal, closing.signal]) source.removeEventListener("abort", abort);
        isRunning = false;
      }
    },
    async close() {
      closing.abort();
      await background.kill();
    },
  };
}
