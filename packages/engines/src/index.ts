import { builtin } from "./builtin.ts";
import { echo } from "./echo.ts";
import type { EngineModule } from "./engine.ts";

/** Every engine a worker has. Adding one is one file and one line here. */
export const engines = { builtin, echo } satisfies Record<string, EngineModule>;
export type EngineName = keyof typeof engines;
export const isEngineName = (name: string): name is EngineName => Object.hasOwn(engines, name);

/** What a worker needs to make an engine's deps; it imports engines, never the agent. */
export { openSandbox, type SandboxState, systemClock } from "@anywork/agent";
export type {
  Engine,
  EngineCapabilities,
  EngineDeps,
  EngineModule,
  EngineSession,
  EngineTask,
  SessionSpec,
} from "./engine.ts";
