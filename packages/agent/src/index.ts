export { type Clock, systemClock } from "./clock.ts";
export type { Sandbox, SandboxChild, SandboxCommand, SandboxExit, SandboxLimit } from "./sandbox/sandbox.ts";
