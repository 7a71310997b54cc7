import { execFileSync } from "node:child_process";
import { link, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openForReading, openForWriting } from "./open-inside.ts";
import { resolveInside } from "./resolve-inside.ts";
import { workspaceName } from "./workspace-name.ts";

let base: string;
let root: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "guard-")));
  root = path.join(base, "root");
  await mkdir(path.join(root, "files"), { recursive: true });
  await mkdir(path.join(base, "outside"));
  await writeFile(path.join(base, "outside", "secret"), "secret");
  await writeFile(path.join(root, "files", "a.txt"), "inside");
});
afterEach(() => rm(base, { recursive: true, force: true }));

const refused = { code: "path_refused", hint: expect.stringContaining("inside the workspace") };

describe("workspaceName", () => {
  it("keeps a UUID as it is", () => {
    expect(workspaceName("0199f0a0-1111-7222-8333-444455556666")).toBe("0199f0a0-1111-7222-8333-444455556666");
  });

  it.each(["pr:12", "a", "0199F0A0-1111-7222-8333-444455556666", "s-00", ".hidden", "con"])("hashes %s", (id) => {
    expect(workspaceName(id)).toMatch(/^s-[0-9a-f]{32}$/);
  });
});

describe("resolveInside", () => {
  it.each([
    "..",
    "../outside/secret",
    "files/../../outside/secret",
    "files/../a",
    "/etc/passwd",
    "/",
    "files\\..\\..\\outside",
    "a\0b",
    "//etc/passwd",
    "/proc/self/environ",
    "./../outside",
    "x".repeat(300),
  ])("refuses %j", async (given) => {
    await expect(resolveInside(root, given)).rejects.toMatchObject(refused);
  });

  it("refuses the neighbour whose name begins like the root's", async () => {
    await mkdir(`${root}-more`);
    await expect(resolveInside(root, `${root}-more/a`)).rejects.toMatchObject(refused);
  });

  it.each(["files/a.txt", "./files/a.txt", "files//a.txt", "new/deep/file", "...", "files/..a", "%2e%2e/x", "~"])(
    "takes %j",
    async (given) => {
      expect(await resolveInside(root, given)).toBe(path.join(root, given));
    },
  );

  it("takes an absolute path inside, by the root's real name or by the name it was given", async () => {
    const alias = path.join(base, "alias");
    await symlink(root, alias);
    const real = path.join(root, "files/a.txt");
    expect(await resolveInside(alias, real)).toBe(real);
    expect(await resolveInside(alias, path.join(alias, "files/a.txt"))).toBe(real);
  });

  it("follows links that stay inside", async () => {
    await symlink("files/a.txt", path.join(root, "short"));
    expect(await resolveInside(root, "short")).toBe(path.join(root, "files/a.txt"));
  });

  it("refuses links that lead outside: to a file, a folder, through a chain, dangling, in a circle", async () => {
    await symlink(path.join(base, "outside/secret"), path.join(root, "file"));
    await symlink("../outside", path.join(root, "folder"));
    await symlink("folder", path.join(root, "chain"));
    await symlink(path.join(base, "outside/new"), path.join(root, "dangling"));
    await symlink("circle", path.join(root, "circle"));
    for (const given of ["file", "folder", "folder/secret", "folder/new", "chain/secret", "dangling", "circle"]) {
      await expect(resolveInside(root, given), given).rejects.toMatchObject(refused);
    }
  });
});

describe("open files inside", () => {
  it("reads a file, and writes one with the folders it needs", async () => {
    const handle = await openForWriting(root, "new/deep/b.txt");
    await handle.writeFile("written");
    await handle.close();
    const again = await openForReading(root, "new/deep/b.txt");
    expect(await again.readFile("utf8")).toBe("written");
    await again.close();
  });

  it("empties what it writes over", async () => {
    const handle = await openForWriting(root, "files/a.txt");
    await handle.writeFile("x");
    await handle.close();
    expect(await readFile(path.join(root, "files/a.txt"), "utf8")).toBe("x");
  });

  it("refuses hard-linked files and leaves them whole", async () => {
    await link(path.join(base, "outside/secret"), path.join(root, "hard"));
    await expect(openForReading(root, "hard")).rejects.toMatchObject(refused);
    await expect(openForWriting(root, "hard")).rejects.toMatchObject(refused);
    expect(await readFile(path.join(base, "outside/secret"), "utf8")).toBe("secret");
  });

  it("refuses folders, FIFOs and devices at once", async () => {
    execFileSync("mkfifo", [path.join(root, "fifo")]);
    await expect(openForReading(root, "files")).rejects.toMatchObject(refused);
    await expect(openForReading(root, ".")).rejects.toMatchObject(refused);
    await expect(openForReading(root, "fifo")).rejects.toMatchObject(refused);
    await expect(openForWriting(root, "fifo")).rejects.toMatchObject(refused);
    await expect(openForReading("/dev", "null")).rejects.toMatchObject(refused);
  });

  it("says plainly that a file does not exist", async () => {
    await expect(openForReading(root, "missing")).rejects.toMatchObject({
      code: "ENOENT",
      message: "missing does not exist",
    });
    await expect(openForReading(root, "no/such")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
