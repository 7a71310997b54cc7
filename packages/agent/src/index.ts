export { type Agent, type AgentOptions, createAgent } from "./agent.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type Conversation, type ConversationOptions, openConversation } from "./conversation.ts";
export type { LoopTask } from "./loop.ts";
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
export { systemPrompt } from "./system-prompt.ts";
export { builtinTools } from "./tools/index.ts";
export {
  defineTool,
  type PermissionClass,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolResult,
} from "./tools/tool.ts";
