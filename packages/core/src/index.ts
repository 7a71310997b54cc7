export type { AttemptDeps } from "./attempt.ts";
export { type Bus, createBus, type Published } from "./bus.ts";
export { toMessages } from "./conversation.ts";
export { createDispatcher, type Dispatcher } from "./dispatcher.ts";
export { type AcceptedMessage, createIntake, type Intake, titleOf } from "./intake.ts";
export type * from "./ports.ts";
export { createSessionLogs, type SessionLogs } from "./session-logs.ts";
export { createStreams, type Snapshot, type Streams } from "./streams.ts";
export { moves, origins } from "./task-state.ts";
