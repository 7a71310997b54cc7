import { existsSync } from "node:fs";
import type { DoctorCheck } from "@anywork/protocol";
import type { Layout } from "../layout.ts";
import { ok, problem, warning } from "./check.ts";
import type { RunningHub } from "./hub-check.ts";

const seeLogs = "It is started again by itself; if this stays, see gateway.log and hub.log in logs/.";

export function checkGateway(hub: RunningHub | null, layout: Layout): DoctorCheck {
  const answers = hub?.answers;
  if (!answers) return checkProgram("gateway", layout.gateway);
  if (answers.status.gateway.healthy) return ok("gateway", "Running and healthy.");
  return problem("gateway", "It does not answer, so no model can be reached.", seeLogs);
}

export function checkWorkers(hub: RunningHub | null, layout: Layout): DoctorCheck {
  const answers = hub?.answers;
  if (!answers) return checkProgram("workers", layout.worker);
  const all = answers.workers.length;
  const healthy = answers.workers.filter((worker) => worker.healthy).length;
  if (all === 0) return ok("workers", "None at the moment; the next task starts one.");
  if (healthy === all) return ok("workers", all === 1 ? "One, healthy." : `${all}, all healthy.`);
  return warning("workers", `${all - healthy} of ${all} do not answer.`, "See worker.log in logs/.");
}

function checkProgram(name: string, command: string[]): DoctorCheck {
  const program = command.at(-1) ?? "";
  if (existsSync(program)) return ok(name, "Not running; started by the hub.");
  return problem(name, `Its program is missing: ${program}`, "Install AnyWork again: npm ci && npm run build");
}
