import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(...args: string[]) {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

describe("the simulator as a process", () => {
  it("prints its address on one line, serves, and ends on SIGTERM", async () => {
    const child = start("--port", "0");
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    expect(line).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const models = await fetch(`${line}/v1/models`, { headers: { authorization: "Bearer k" } });
    expect(models.status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("with --with-parent it ends when its standard input closes", async () => {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const child = spawn(process.execPath, [main, "--with-parent"], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    await once(createInterface({ input: child.stdout }), "line");
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("explains a wrong argument and exits with 2", async () => {
    const child = start("--port", "many");
    const stderr = child.stderr.toArray();
    expect(await once(child, "exit")).toEqual([2, null]);
    expect(Buffer.concat(await stderr).toString()).toContain("--port takes a number");
  });
});
