import { spawn } from "node:child_process";

/** Opens an address where there is a desktop; where there is none, or no program for it, nothing happens. */
export function openInBrowser(address: string): void {
  const { platform } = process;
  const program = platform === "darwin" ? "open" : platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(program, [address], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
