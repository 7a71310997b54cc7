// Where the programs lie that the hub starts: beside this one when built, in their own folders when run from source.
import { fileURLToPath } from "node:url";

export interface Layout {
  worker: string[];
  gateway: string[];
  modelSim: string[];
  /** The store thread's program; undefined when run from source, where the store finds its own. */
  storeThread: URL | undefined;
  /** The built page. */
  page: string;
}

export function findLayout(here: string, node: string): Layout {
  const isBuilt = !here.endsWith(".ts");
  const path = (built: string, source: string) => fileURLToPath(new URL(isBuilt ? built : source, here));
  return {
    worker: [node, path("./worker.js", "../../worker/src/main.ts")],
    gateway: [node, path("./gateway.js", "../../gateway/src/main.ts")],
    modelSim: [node, path("./model-sim.js", "../../../packages/model-sim/src/main.ts")],
    storeThread: isBuilt ? new URL("./store-thread.js", here) : undefined,
    page: path("../apps/web/dist", "../../web/dist"),
  };
}
