// An agent as one attempt needs it: engine, model and texts, resolved when the attempt starts.
import { type AgentSpec, AnyWorkError, type Task } from "@anywork/protocol";
import type { AgentFiles } from "./agent-files.ts";
import type { ServerConfig } from "./config.ts";
import type { ProviderSettings } from "./model/provider.ts";

export function createAgentResolver(deps: { config: ServerConfig; files: AgentFiles; providers: ProviderSettings }) {
  const { config, files, providers } = deps;
  return async (task: Task): Promise<AgentSpec> => {
    const agent = config.agents[task.agent];
    if (!agent) {
      throw new AnyWorkError("invalid_request", `The agent “${task.agent}” is no longer configured.`, {
        hint: "Put it back into config.yaml, or ask another agent.",
      });
    }
    const [soul, instructions] = await Promise.all([
      files.read("SOUL.md", task.sessionId),
      files.read("AGENTS.md", task.sessionId),
    ]);
    return {
      name: task.agent,
      engine: agent.engine,
      model: agent.engine === "echo" ? "echo" : (agent.model ?? (await providers.model())),
      soul: soul.content,
      instructions: instructions.content,
      limits: {
        max_steps: config.limits.maxSteps,
        idle_timeout_ms: config.limits.idleTimeoutMs,
        total_timeout_ms: config.limits.totalTimeoutMs,
      },
    };
  };
}
