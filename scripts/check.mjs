// npm run check: format, lint, types, import law, dead exports. Everything runs, then the sum of it counts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules/.bin", name);
const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` };

const steps = [
  ["format and lint", "biome", ["check", "."]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["types of the page", "tsc", ["-p", "apps/web/tsconfig.json"]],
  ["types of the browser tests", "tsc", ["-p", "tests/browser/tsconfig.json"]],
  ["import law", "vitest", ["run", "--project", "unit", "tests/boundaries.test.ts"]],
  ["dead exports", "knip", []],
];

const red = steps.filter(([name, program, args]) => {
  process.stderr.write(`── ${name}\n`);
  return spawnSync(bin(program), args, { cwd: root, stdio: "inherit", env }).status !== 0;
});
for (const [name] of red) process.stderr.write(`${name}: red\n`);
process.exit(red.length === 0 ? 0 : 1);
