// Our own engine: the agent loop, in the worker's sandbox, its model calls through the gateway.
import {
  type Conversation,
  createProvider,
  createUnixFetch,
  openConversation,
  type Provider,
  systemPrompt,
} from "@anywork/agent";
import { AnyWorkError, failure, type GatewayAccess } from "@anywork/protocol";
import type { Engine, EngineDeps, EngineModule, EngineSession, SessionSpec } from "./engine.ts";

export function createBuiltinEngine(deps: EngineDeps): Engine {
  const connect = deps.connect ?? createConnections();
  return {
    capabilities: { resume: false, approvals: false, park: false, usage: true, compaction: false },
    async open({ workspace, historyFile }) {
      const { sandbox, clock } = deps;
      const conversation = await openConversation({ workspace, historyFile, sandbox, clock });
      return createSession(conversation, workspace, connect);
    },
  };
}

export const builtin: EngineModule = { create: createBuiltinEngine };

type Connect = NonNullable<EngineDeps["connect"]>;

function createSession(
  conversation: Conversation,
  workspace: SessionSpec["workspace"],
  connect: Connect,
): EngineSession {
  return {
    async *run({ message, agent, gateway }, _options, signal) {
      if (gateway === null) {
        yield* failure(noProvider, { retryable: false });
        return;
      }
      const system = systemPrompt([agent.soul, agent.instructions], workspace);
      const provider = providerOf(gateway, connect);
      const task = { message, model: agent.model, system, maxSteps: agent.limits.max_steps, provider };
      for await (const event of conversation.run(task, signal)) yield event;
    },
    async answer({ approval_id }) {
      throw new AnyWorkError("not_found", `no open approval ${approval_id}`);
    },
    close: () => conversation.close(),
  };
}

/** The host is a name only: every request goes to the socket, and the gateway knows the provider's address. */
const providerOf = (access: GatewayAccess, connect: Connect): Provider =>
  createProvider({
    style: access.style,
    baseUrl: "http://gateway/v1",
    apiKey: access.token,
    bearer: true,
    fetch: connect(access),
  });

/** One fetch per gateway socket, so that its connections are used again. */
function createConnections(): Connect {
  let last: { socket: string; fetch: typeof fetch } | undefined;
  return ({ socket }) => {
    if (last?.socket !== socket) last = { socket, fetch: createUnixFetch(socket) };
    return last.fetch;
  };
}

const noProvider = {
  code: "provider_missing",
  message: "no model provider is configured",
  hint: "Paste a provider's key in the page, set ANTHROPIC_API_KEY or OPENAI_API_KEY, or choose the offline demo.",
} as const;
