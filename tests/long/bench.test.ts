// The bench still measures every figure. Never how fast anything is: that is for a person to read.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test.skipIf(process.env.ANYWORK_TEST_LONG !== "1" || process.platform !== "linux")(
  "the bench produces every figure [long, needs Linux]",
  { timeout: 240_000 },
  async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["bench/run.mjs", "--quick"], { cwd: root, maxBuffer: 2 ** 24 });
    const rows = stdout.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
    expect(rows.length).toBe(13);
    for (const row of rows) expect(row).not.toMatch(/NaN|Infinity|undefined/);
  },
);
