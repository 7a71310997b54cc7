import { DatabaseSync, type StatementSync } from "node:sqlite";
import { AnyWorkError } from "@anywork/protocol";
import { Kysely, SqliteDialect } from "kysely";
import type { Tables } from "../tables.ts";

export interface SqliteDatabase {
  db: Kysely<Tables>;
  /** Runs a statement that returns nothing: BEGIN, COMMIT, PRAGMA. */
  exec(sql: string): void;
  close(): void;
}

/** Opens the file with what we promise: WAL, and a sync before a commit is said to be done. */
export function openSqlite(path: string): SqliteDatabase {
  const raw = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000 });
  raw.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;");
  const statements = new Map<string, ReturnType<typeof wrap>>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? wrap(raw.prepare(sql));
    if (statements.size < 500) statements.set(sql, statement);
    return statement;
  };
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: { prepare, close: () => undefined } }) });
  return { db, exec: (sql) => raw.exec(sql), close: () => raw.close() };
}

/** node:sqlite in the shape that Kysely's dialect expects of a driver. */
function wrap(statement: StatementSync) {
  type Values = Parameters<StatementSync["all"]>;
  return {
    reader: statement.columns().length > 0,
    all: (values: readonly unknown[]) => statement.all(...(values as Values)),
    run: (values: readonly unknown[]) => statement.run(...(values as Values)),
    iterate: (values: readonly unknown[]) => statement.iterate(...(values as Values)) as IterableIterator<unknown>,
  };
}

/** SQLite's own result codes (sqlite.org/rescode.html) in our words. */
export function translateSqliteError(thrown: unknown): AnyWorkError {
  if (thrown instanceof AnyWorkError) return thrown;
  const { errcode, message } = thrown as { errcode?: number; message?: string };
  const primary = (errcode ?? 0) & 0xff;
  const cause = { cause: thrown };
  switch (primary) {
    case 5:
    case 6:
      return new AnyWorkError("store_unavailable", "The database is locked by another process.", {
        ...cause,
        hint: "Close what holds anywork.db open.",
        retryAfterS: 2,
      });
    case 8:
      return new AnyWorkError("store_unavailable", "The database is read-only.", {
        ...cause,
        hint: "Make ANYWORK_HOME writable.",
      });
    case 11:
    case 26:
      return new AnyWorkError("store_unavailable", `The database file is damaged: ${message}`, {
        ...cause,
        hint: "Restore anywork.db from a backup; nothing was overwritten.",
      });
    case 13:
      return new AnyWorkError("disk_full", "The disk is full: nothing can be stored.", {
        ...cause,
        hint: "Make space.",
      });
    case 10:
    case 14:
      return new AnyWorkError("store_unavailable", `The database cannot be read or written: ${message}`, {
        ...cause,
        hint: "Check the disk and the rights of ANYWORK_HOME.",
      });
    default:
      return new AnyWorkError("internal", `The store failed: ${message ?? String(thrown)}`, cause);
  }
}
