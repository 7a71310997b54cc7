// Runs operations on one SQLite connection. All that wait together share one transaction and one sync; each write has
// a savepoint of its own, so that a refused one takes nothing else with it.
import { ops } from "../ops/index.ts";
import { type SqliteDatabase, translateSqliteError } from "./database.ts";
import type { Answer, Call } from "./message.ts";

export async function execute(database: SqliteDatabase, calls: readonly Call[]): Promise<Answer[]> {
  const hasWrite = calls.some((call) => ops[call.name].mode === "write");
  if (!hasWrite) return await Promise.all(calls.map((call) => runOne(database, call)));
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch (error) {
    return calls.map((call) => refused(call, error));
  }
  const answers: Answer[] = [];
  for (const call of calls) answers.push(await runOne(database, call));
  try {
    database.exec("COMMIT");
    return answers;
  } catch (error) {
    rollback(database, "ROLLBACK");
    return calls.map((call) => refused(call, error));
  }
}

async function runOne(database: SqliteDatabase, call: Call): Promise<Answer> {
  const op = ops[call.name];
  const isWrite = op.mode === "write";
  try {
    if (isWrite) database.exec("SAVEPOINT op");
    const output = await (op.run as (db: unknown, input: unknown) => Promise<unknown>)(database.db, call.input);
    if (isWrite) database.exec("RELEASE op");
    return { id: call.id, ok: true, output };
  } catch (error) {
    if (isWrite) rollback(database, "ROLLBACK TO op; RELEASE op");
    return refused(call, error);
  }
}

/** SQLite may have rolled back by itself (disk full); then there is nothing left to undo. */
function rollback(database: SqliteDatabase, sql: string): void {
  try {
    database.exec(sql);
  } catch {
    return;
  }
}

function refused(call: Call, thrown: unknown): Answer {
  const { code, message, hint, field, retryAfterS } = translateSqliteError(thrown);
  return { id: call.id, ok: false, error: { code, message, hint, field, retryAfterS } };
}
