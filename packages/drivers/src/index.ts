export { endProcess } from "./end-process.ts";
export { createFrameParser } from "./frame-parser.ts";
export { createProcessDriver, type ProcessDriver, type ProcessDriverOptions } from "./process.ts";
export { type FoundProcess, findProcesses } from "./process-record.ts";
export { childEnvironment, type StartedProcess, type StartOptions, startProcess } from "./start-process.ts";
export { createUnixClient, type UnixClient } from "./unix-client.ts";
