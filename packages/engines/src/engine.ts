// The engine port: what thinks inside a worker. In: one task of a session. Out: its TaskEvents, the last one `done` or
// `parked`. Next: the worker, which numbers, journals and sends them.
import type { Clock, Sandbox } from "@anywork/agent";
import type { AgentSpec, GatewayAccess, Resume, TaskEvent } from "@anywork/protocol";

export interface EngineCapabilities {
  /** A later attempt may go on where an earlier one ended. */
  resume: boolean;
  /** It may ask while it runs, and hears the answer through `answer`. */
  approvals: boolean;
  /** It may end a run with `parked` and go on in a later one. */
  park: boolean;
  /** It reports tokens and cost. */
  usage: boolean;
  /** It shortens a conversation that has become too long. */
  compaction: boolean;
}

/** Where a session lives on this machine. The folders exist when a session is opened. */
export interface SessionSpec {
  id: string;
  /** The session's workspace folder, absolute. */
  workspace: string;
  /** The conversation as JSONL, absolute; written by the engine, readable by people. It need not exist yet. */
  historyFile: string;
}

export interface EngineTask {
  id: string;
  message: string;
  agent: AgentSpec;
  /** How to reach a model; null where none is configured. */
  gateway: GatewayAccess | null;
}

export interface EngineSession {
  /**
   * One task; one at a time per session. Never throws: failure is an `error` event and `done`. An aborted signal ends
   * every process of the run, then gives `done` with status canceled. Exactly one terminal event (`done` or `parked`)
   * comes, and it is the last one. A reader that stops reading early cancels.
   */
  run(task: EngineTask, options: { resume?: Resume | undefined }, signal: AbortSignal): AsyncIterable<TaskEvent>;
  /** The answer to an approval of the run that is alive. Throws not_found when no such one is open. */
  answer(approval: Resume): Promise<void>;
  /** Ends every process that the session still has (background commands too). Idempotent. */
  close(): Promise<void>;
}

export interface Engine {
  readonly capabilities: EngineCapabilities;
  /** Cheap: no model call, no process. Throws AnyWorkError when the history cannot be read. */
  open(session: SessionSpec): Promise<EngineSession>;
}

export interface EngineDeps {
  /** Where every process of an engine runs. */
  sandbox: Sandbox;
  clock: Clock;
  /** A fetch that goes through the gateway's socket. Default: one over node:http. */
  connect?: (access: GatewayAccess) => typeof fetch;
}

export interface EngineModule {
  create(deps: EngineDeps): Engine;
}
