// In: a command (argv, never a shell string of ours) of a tool. Out: a running child whose whole tree can be ended.
import type { Readable } from "node:stream";

export interface SandboxCommand {
  /** Program and arguments; the program is found on the sandbox's PATH. */
  argv: readonly [string, ...string[]];
  /** Folder it starts in; inside the workspace. */
  cwd: string;
  /** The one folder it may write to. */
  workspace: string;
  /** Added to the sandbox's own small environment; nothing of this process's environment is handed on. */
  env?: Readonly<Record<string, string>>;
  /** Further files or folders it may read (a program of ours). */
  readable?: readonly string[];
}

export interface SandboxExit {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SandboxChild {
  /** 0 when it could not start. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the process is gone; its pipes may be open a little longer. Rejects with tool_failed when it could not start. */
  readonly exited: Promise<SandboxExit>;
  /** Ends the whole tree: SIGTERM, then SIGKILL; resolves when nothing of it is left, within 12 s. Idempotent. */
  kill(): Promise<void>;
}

/** What a sandbox keeps away, and whether it really does here. */
export interface SandboxLimit {
  name: "filesystem" | "network" | "processes" | "environment" | "memory" | "cpu";
  enforced: boolean;
  detail: string;
}

export interface Sandbox {
  readonly kind: "bubblewrap" | "none";
  describe(): SandboxLimit[];
  /** Called by tools only. Never throws: a start that fails rejects `exited`. */
  spawn(command: SandboxCommand): SandboxChild;
}
