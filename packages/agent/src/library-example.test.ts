import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createModelSim } from "@anywork/model-sim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const example = fileURLToPath(new URL("../../../examples/library.mjs", import.meta.url));
let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), "library-"));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const run = (args: string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [example, "--workspace", workspace, ...args], { env, timeout: 60_000 });

describe("examples/library.mjs", () => {
  it("writes and runs a file with the simulator, without any key", async () => {
    const { stdout } = await run([]);
    expect(stdout).toContain("hello from a file");
    expect(stdout).toContain("completed after 3 model calls");
    expect(await readFile(path.join(workspace, "hello.mjs"), "utf8")).toContain("hello");
  });

  it("uses the address and key of the environment, and fails with the provider's words", async () => {
    const sim = createModelSim({ keys: ["right"] });
    const { url } = await sim.listen({ port: 0 });
    try {
      const env = { API_BASE_URL: `${url}/v1`, MODEL: "sim" };
      expect((await run(["[[text:at your service]]"], { ...env, API_KEY: "right" })).stdout).toContain(
        "at your service",
      );
      await expect(run(["hi"], { ...env, API_KEY: "wrong" })).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining("key"),
      });
    } finally {
      await sim.close();
    }
  });
});
