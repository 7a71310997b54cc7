import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { bubblewrapArgs, createBubblewrap } from "./bubblewrap.ts";
import { createNoSandbox } from "./none.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxWish {
  /** auto: bubblewrap where a trial start of it succeeds; none: never. */
  mode: "auto" | "none";
  network: boolean;
}

/** What was found. A `none` says why, and how to get the sandbox. */
export type SandboxState = { kind: "bubblewrap" } | { kind: "none"; reason: string; hint: string };

const places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"];

/** Which sandbox works here: decided by a trial start with the very arguments that commands get. */
export async function probeSandbox({ mode, network }: SandboxWish, program = findProgram()): Promise<SandboxState> {
  const none = (reason: string, hint: string) => ({ kind: "none", reason, hint }) as const;
  if (mode === "none") return none("switched off by the configuration", "Set sandbox.mode to auto.");
  if (process.platform !== "linux") {
    return none("bubblewrap exists on Linux only", "Run AnyWork in a Linux container or virtual machine.");
  }
  if (program === undefined || !existsSync(program)) {
    const hint = "Install bubblewrap: apt install bubblewrap, dnf install bubblewrap or pacman -S bubblewrap.";
    return none("bubblewrap is not installed", hint);
  }
  try {
    await promisify(execFile)(program, [...bubblewrapArgs({ network }), "--", "/usr/bin/env"], { timeout: 10_000 });
    return { kind: "bubblewrap" };
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const said = (stderr.trim() || message).split("\n")[0] ?? "";
    const hint =
      "Let bubblewrap make user namespaces: sysctl kernel.unprivileged_userns_clone=1, on Ubuntu from 24.04 on " +
      "sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container allow unshare and mount.";
    return none(`bubblewrap does not work here: ${said}`, hint);
  }
}

/** The probed sandbox, ready for use. */
export async function openSandbox(wish: SandboxWish): Promise<{ sandbox: Sandbox; state: SandboxState }> {
  const program = findProgram();
  const state = await probeSandbox(wish, program);
  const works = state.kind === "bubblewrap" && program !== undefined;
  return { sandbox: works ? createBubblewrap({ program, network: wish.network }) : createNoSandbox(), state };
}

const findProgram = (): string | undefined => places.find((place) => existsSync(place));
