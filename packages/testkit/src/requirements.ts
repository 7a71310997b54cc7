// What a machine may lack. A lack is skipped visibly with its reason; named in ANYWORK_TEST_REQUIRE it is a failure.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

export interface Requirement {
  isMet: boolean;
  /** Why not, for the title of what is skipped; empty when it is met. */
  reason: string;
}

const checks = {
  chromium: () => (chromiumPath() === null ? "no chromium (apt install chromium)" : ""),
  bubblewrap: () => {
    const works = runs("bwrap", ["--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--proc", "/proc", "true"]);
    return works ? "" : "bubblewrap does not start here (apt install bubblewrap)";
  },
  python: () => (runs("python3", ["--version"]) ? "" : "no python3"),
  oldnode: () => (oldNodePath() === null ? "no Node older than 24 on this machine" : ""),
} satisfies Record<string, () => string>;
export type RequirementName = keyof typeof checks;

/** Throws when it is missing although ANYWORK_TEST_REQUIRE names it. */
export function requirement(name: RequirementName): Requirement {
  const reason = checks[name]();
  const required = (process.env.ANYWORK_TEST_REQUIRE ?? "").split(",").map((word) => word.trim());
  if (reason !== "" && required.includes(name)) throw new Error(`ANYWORK_TEST_REQUIRE names ${name}: ${reason}`);
  return { isMet: reason === "", reason };
}

export function chromiumPath(): string | null {
  const named = process.env.ANYWORK_CHROMIUM;
  const candidates = [
    ...(named ? [named] : []),
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** A Node before 24, to show that the launcher does not need the machine's own. */
export function oldNodePath(): string | null {
  const candidates = ["/usr/bin/node", "/usr/local/bin/node"].filter((path) => existsSync(path));
  return candidates.find((path) => majorOf(path) < 24) ?? null;
}

function majorOf(node: string): number {
  try {
    return Number(/^v(\d+)/.exec(execFileSync(node, ["--version"], { encoding: "utf8" }))?.[1] ?? 99);
  } catch {
    return 99;
  }
}

function runs(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
