import type { SandboxChild } from "../sandbox/sandbox.ts";

/** The commands of a session that run on after their tool call. */
export interface Background {
  add(child: SandboxChild): void;
  /** Ends them all, with everything below them. */
  kill(): Promise<void>;
}

export function createBackground(): Background {
  const running = new Set<SandboxChild>();
  return {
    add(child) {
      running.add(child);
      const forget = () => void running.delete(child);
      child.exited.then(forget, forget);
    },
    async kill() {
      await Promise.all([...running].map((child) => child.kill()));
    },
  };
}
