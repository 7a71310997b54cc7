import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { DoctorCheck } from "@anywork/protocol";
import { ok, problem, warning } from "./check.ts";

const MiB = 1024 ** 2;
const wantedBytes = 1024 * MiB;
const neededBytes = 100 * MiB;

export async function checkDisk(home: string): Promise<DoctorCheck> {
  let place = home;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  return judge(bavail * bsize, place);
}

export function judge(freeBytes: number, place: string): DoctorCheck {
  const free =
    freeBytes >= 1024 * MiB ? `${Math.floor(freeBytes / (1024 * MiB))} GiB` : `${Math.floor(freeBytes / MiB)} MiB`;
  const message = `${free} free at ${place}.`;
  if (freeBytes < neededBytes) return problem("disk", message, "Make space: what cannot be stored is not accepted.");
  if (freeBytes < wantedBytes) return warning("disk", message, "Make space before it runs out.");
  return ok("disk", message);
}
