export { type Clock, systemClock } from "./clock.ts";
export { createProvider, type ProviderSettings } from "./provider/create-provider.ts";
export { ProviderFailure } from "./provider/failure.ts";
export type {
  CallUsage,
  ChatMessage,
  FinishReason,
  Provider,
  ProviderEvent,
  ProviderRequest,
  Thought,
  ToolDescription,
  ToolRequest,
} from "./provider/provider.ts";
export { createUnixFetch } from "./provider/unix-fetch.ts";
export { openSandbox, probeSandbox, type SandboxState, type SandboxWish } from "./sandbox/probe.ts";
export type { Sandbox, SandboxChild, SandboxCommand, SandboxExit, SandboxLimit } from "./sandbox/sandbox.ts";
