// npm run build: the programs into dist/, the page into apps/web/dist. What has not changed is not built again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "dist", "build.json");

const programs = {
  server: "apps/server/src/main.ts",
  "store-thread": "packages/stores/src/sqlite/thread.ts",
  gateway: "apps/gateway/src/main.ts",
  worker: "apps/worker/src/main.ts",
  "model-sim": "packages/model-sim/src/main.ts",
  cli: "apps/cli/src/main.ts",
};
/** Programs of other packages that are found by their own path and cannot be put into ours. */
const external = [/^@vscode\/ripgrep/];

const programSources = [
  "apps/server",
  "apps/gateway",
  "apps/worker",
  "apps/cli",
  "packages",
  "package-lock.json",
  "scripts/build.mjs",
];
const pageSources = ["apps/web", "packages/client", "packages/protocol", "package-lock.json", "scripts/build.mjs"];

/** Builds what has changed. `say` is told what is being done. Returns whether anything was. */
export async function build({ force = false, say = () => undefined } = {}) {
  const stamp = readStamp();
  const wanted = { programs: digest(programSources), page: digest(pageSources) };
  const buildsPrograms = force || stamp.programs !== wanted.programs || !existsSync(join(root, "dist", "server.js"));
  const buildsPage = force || stamp.page !== wanted.page || !existsSync(join(root, "apps/web/dist/index.html"));
  if (buildsPrograms) {
    say("Building the programs …");
    await buildPrograms();
  }
  if (buildsPage) {
    say("Building the page …");
    await buildPage();
  }
  if (buildsPrograms || buildsPage) writeFileSync(stampFile, JSON.stringify(wanted));
  return buildsPrograms || buildsPage;
}

async function buildPrograms() {
  const { rolldown } = await import("rolldown");
  const present = Object.fromEntries(Object.entries(programs).filter(([, path]) => existsSync(join(root, path))));
  const bundle = await rolldown({ input: present, cwd: root, platform: "node", external, logLevel: "warn" });
  for (const file of existsSync(join(root, "dist")) ? readdirSync(join(root, "dist")) : []) {
    rmSync(join(root, "dist", file), { recursive: true });
  }
  mkdirSync(join(root, "dist"), { recursive: true });
  await bundle.write({ dir: "dist", format: "esm", entryFileNames: "[name].js", chunkFileNames: "chunk-[hash].js" });
  await bundle.close();
}

async function buildPage() {
  if (!existsSync(join(root, "apps/web/index.html"))) return;
  const { build: viteBuild } = await import("vite");
  await viteBuild({ root: join(root, "apps/web"), logLevel: "warn" });
  for (const file of filesBelow(join(root, "apps/web/dist"))) {
    if (![".js", ".css", ".svg", ".html"].includes(extname(file))) continue;
    const bytes = readFileSync(file);
    if (bytes.length < 1024) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
  }
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

function digest(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const files = filesBelow(join(root, path)).filter((file) => !file.startsWith(join(root, "apps/web/dist")));
    for (const file of files) hash.update(relative(root, file)).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  const kept = names.filter((name) => name !== "node_modules" && !name.endsWith(".test.ts"));
  return kept.flatMap((name) => filesBelow(join(path, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const changed = await build({
    force: process.argv.includes("--force"),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  if (!changed) process.stderr.write("Nothing has changed.\n");
}
