import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DoctorCheck, sandboxProbeSchema } from "@anywork/protocol";
import type { ServerConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { ok, problem, warning } from "./check.ts";
import type { RunningHub } from "./hub-check.ts";

const name = "sandbox";
const deadlineMs = 30_000;

/** What the running worker found; without one, a trial start by the worker program. */
export async function checkSandbox(
  hub: RunningHub | null,
  layout: Layout,
  config: ServerConfig | null,
): Promise<DoctorCheck> {
  if (config?.sandbox.mode === "none") {
    return warning(name, "Switched off by the configuration: tools run unsandboxed.", "Set sandbox.mode to auto.");
  }
  const known = hub?.answers?.status.sandbox;
  if (known && known.kind !== "unknown") return describe(known);
  const [program = "", ...args] = layout.worker;
  try {
    const { stdout } = await promisify(execFile)(program, [...args, "--probe-sandbox"], { timeout: deadlineMs });
    return describe(sandboxProbeSchema.parse(JSON.parse(stdout)));
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    return problem(name, `The worker program did not run: ${reason}`, "Install AnyWork again: npm ci");
  }
}

function describe(found: {
  kind: "bubblewrap" | "none" | "unknown";
  reason?: string | null | undefined;
  hint?: string | null | undefined;
}): DoctorCheck {
  if (found.kind === "bubblewrap") return ok(name, "Tools run under bubblewrap.");
  const reason = found.reason ? `: ${found.reason}` : "";
  return warning(name, `Tools run unsandboxed${reason}.`, found.hint ?? "Install bubblewrap: apt install bubblewrap.");
}
