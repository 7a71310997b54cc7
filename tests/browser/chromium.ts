import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

function onPath(name: string): string | undefined {
  try {
    return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() || undefined;
  } catch {
    return undefined; // not installed
  }
}

/** A Chromium of this machine; undefined where there is none. */
export function findChromium(): string | undefined {
  const asked = process.env.ANYWORK_CHROMIUM;
  if (asked !== undefined && asked !== "") return asked;
  if (existsSync("/usr/bin/chromium")) return "/usr/bin/chromium";
  return onPath("chromium") ?? onPath("chromium-browser") ?? onPath("google-chrome");
}

export const chromiumArgs = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
