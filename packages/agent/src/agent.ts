// The agent as a library: a model, tools and a folder, no hub.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { failure, type TaskEvent, toAnyWorkError } from "@anywork/protocol";
import { type Conversation, type ConversationOptions, openConversation } from "./conversation.ts";
import { createProvider, type ProviderSettings } from "./provider/create-provider.ts";
import type { Provider } from "./provider/provider.ts";
import { openSandbox } from "./sandbox/probe.ts";
import { systemPrompt } from "./system-prompt.ts";

export interface AgentOptions
  extends Omit<ConversationOptions, "sandbox">,
    Partial<Pick<ConversationOptions, "sandbox">> {
  /** How to reach a model: settings, or a provider of your own. */
  provider: ProviderSettings | Provider;
  model: string;
  /** Who the agent is and how it should work. */
  instructions?: string;
  /** Model calls per message at most; default 100. */
  maxSteps?: number;
}

export interface Agent {
  /** Answers one message; the conversation goes on with the next. Never throws; the last event is `done`. */
  run(message: string, options?: { signal?: AbortSignal }): AsyncIterable<TaskEvent>;
  /** Ends what its tools still run. */
  close(): Promise<void>;
}

/** The workspace folder is made when it is not there. The sandbox is bubblewrap where that works, without network. */
export function createAgent(options: AgentOptions): Agent {
  const { model, instructions = "", maxSteps = 100 } = options;
  const workspace = path.resolve(options.workspace);
  const provider = "stream" in options.provider ? options.provider : createProvider(options.provider);
  const system = systemPrompt([instructions], workspace);
  let opening: Promise<Conversation> | undefined;

  async function open(): Promise<Conversation> {
    for (const folder of ["uploads", "outputs"]) {
      await mkdir(path.join(workspace, "files", folder), { recursive: true });
    }
    const sandbox = options.sandbox ?? (await openSandbox({ mode: "auto", network: false })).sandbox;
    return openConversation({ ...options, workspace, sandbox });
  }

  return {
    async *run(message, { signal = new AbortController().signal } = {}) {
      let conversation: Conversation;
      try {
        opening ??= open();
        conversation = await opening;
      } catch (error) {
        opening = undefined;
        yield* failure(toAnyWorkError(error, "engine_failed"), { retryable: true });
        return;
      }
      for await (const event of conversation.run({ message, model, system, maxSteps, provider }, signal)) yield event;
    },
    async close() {
      await (await opening)?.close();
    },
  };
}
