// npm test: unit, contract and whole-system tests, then Chromium. `--all` adds the long suites. Ends with one line of counts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isLong = process.argv.includes("--all");
const results = mkdtempSync(join(tmpdir(), "anywork-test-"));
const totals = { passed: 0, failed: 0, skipped: 0 };
const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
  ...(isLong && { ANYWORK_TEST_LONG: "1" }),
};
let isRed = false;

function run(name, args, extraEnv = {}) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...env, ...extraEnv } });
  if (status !== 0) {
    isRed = true;
    process.stderr.write(`${name} is red (exit code ${status}).\n`);
  }
}

function read(file) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  isRed = true;
  return null;
}

await build({ say: (line) => process.stderr.write(`${line}\n`) });

const vitestFile = join(results, "vitest.json");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
run("vitest", [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${vitestFile}`]);
const unit = read(vitestFile);
totals.passed += unit?.numPassedTests ?? 0;
totals.failed += unit?.numFailedTests ?? 0;
totals.skipped += (unit?.numPendingTests ?? 0) + (unit?.numTodoTests ?? 0);

const browserFile = join(results, "browser.json");
const playwright = join(root, "node_modules/@playwright/test/cli.js");
run("playwright", [playwright, "test", "--reporter=list,json"], { PLAYWRIGHT_JSON_OUTPUT_NAME: browserFile });
const browser = read(browserFile);
totals.passed += (browser?.stats.expected ?? 0) + (browser?.stats.flaky ?? 0);
totals.failed += browser?.stats.unexpected ?? 0;
totals.skipped += browser?.stats.skipped ?? 0;

rmSync(results, { recursive: true });
if (isRed && totals.failed === 0) totals.failed = 1;
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(isRed ? 1 : 0);
