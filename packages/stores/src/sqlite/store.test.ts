import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeContract } from "@anywork/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createSqliteStore } from "./store.ts";

const root = mkdtempSync(join(tmpdir(), "aw-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(root, "f"));

storeContract("SQLite in memory", () => createSqliteStore({ path: ":memory:" }));
storeContract("SQLite in a file", () => createSqliteStore({ path: join(newFolder(), "anywork.db") }));

describe("the file", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  const path = () => join(folder, "anywork.db");

  test("holds what was said to be stored, for the next one who opens it", async () => {
    const first = await createSqliteStore({ path: path() });
    await first.settings.put("k", "kept");
    const second = await createSqliteStore({ path: path() });
    expect(await second.settings.get("k")).toBe("kept");
    await Promise.all([first.close(), second.close()]);
    const third = await createSqliteStore({ path: path() });
    expect(await third.settings.get("k")).toBe("kept");
    await third.close();
  });

  test("is written with a sync before a commit is said to be done, in WAL", async () => {
    const store = await createSqliteStore({ path: path() });
    await store.close();
    const raw = new DatabaseSync(path());
    expect(raw.prepare("PRAGMA journal_mode").get()).toMatchObject({ journal_mode: "wal" });
    raw.close();
  });

  test("that is no database is refused in words, and left as it is", async () => {
    writeFileSync(path(), "this is a letter to my aunt, and long enough to be taken for a header".repeat(20));
    await expect(createSqliteStore({ path: path() })).rejects.toMatchObject({
      code: "store_unavailable",
      hint: expect.stringContaining("backup"),
    });
  });

  test("in a folder that is not there is refused in words", async () => {
    await expect(createSqliteStore({ path: join(folder, "no", "anywork.db") })).rejects.toMatchObject({
      code: "store_unavailable",
    });
  });

  test("locked by another process makes writes fail in words, and they work again afterwards", async () => {
    const store = await createSqliteStore({ path: path() });
    const other = new DatabaseSync(path());
    other.exec("BEGIN IMMEDIATE");
    await expect(store.settings.put("k", "v")).rejects.toMatchObject({ code: "store_unavailable", retryAfterS: 2 });
    other.exec("ROLLBACK");
    await store.settings.put("k", "v");
    expect(await store.settings.get("k")).toBe("v");
    other.close();
    await store.close();
  });
});
