// A hub whose builtin engine really runs; only the model behind the gateway is scripted.
import { createModelSim, type ModelSim } from "@anywork/model-sim";
import { type HubOptions, type HubProcess, startHubProcess } from "@anywork/testkit";

/** Long and odd enough to be found wherever it should not be. */
export const providerKey = "sk-test-7f3c9a61e2b84d05";

export interface SimulatedHub {
  hub: HubProcess;
  sim: ModelSim;
  stop(): Promise<void>;
}

export async function startSimulatedHub(
  options: HubOptions & { style?: "anthropic" | "openai" } = {},
): Promise<SimulatedHub> {
  const sim = createModelSim();
  const { url } = await sim.listen({ port: 0 });
  const provider = {
    API_KEY: providerKey,
    API_BASE_URL: `${url}/v1`,
    API_STYLE: options.style ?? "anthropic",
    MODEL: "sim",
  };
  const hub = await startHubProcess({ ...options, env: { ...provider, ...options.env } });
  const stop = async () => {
    await hub.stop();
    await sim.close();
  };
  return { hub, sim, stop };
}
