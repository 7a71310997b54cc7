// What a machine may lack. Suites skip what they cannot do; here it is said why, and what ANYWORK_TEST_REQUIRE names must be there.
import { execFileSync } from "node:child_process";
import { findChromium } from "./browser/chromium.ts";

/** Name → why it is missing; empty when it is there. */
export const requirements = {
  chromium: () => (findChromium() === undefined ? "no Chromium: apt install chromium, or set ANYWORK_CHROMIUM" : ""),
  bubblewrap: () => {
    const args = ["--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--proc", "/proc", "true"];
    return runs("bwrap", args) ? "" : "bubblewrap is missing or cannot start: apt install bubblewrap";
  },
} satisfies Record<string, () => string>;

function runs(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
