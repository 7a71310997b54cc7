import type { Append } from "@anywork/core";
import { AnyWorkError, type StoredEvent } from "@anywork/protocol";
import type { Kysely } from "kysely";
import type { EventRunsTable, Tables } from "../tables.ts";
import { fromRun } from "./rows.ts";

type Db = Kysely<Tables>;
type Change = NonNullable<Append["change"]>;

/** An Append whose events are packed into rows already. */
type PackedAppend = Omit<Append, "events"> & { runs: EventRunsTable[] };

export async function append(db: Db, { sessionId, runs, leaseToken, change }: PackedAppend): Promise<void> {
  if (leaseToken !== null) await assertLease(db, sessionId, leaseToken);
  if (change) await apply(db, sessionId, change);
  if (runs.length > 0) await db.insertInto("event_runs").values(runs).execute();
}

async function assertLease(db: Db, sessionId: string, token: number): Promise<void> {
  const row = await db.selectFrom("sessions").select("lease_token").where("id", "=", sessionId).executeTakeFirst();
  if (row?.lease_token === token) return;
  throw new AnyWorkError("stale_lease", "Another owner has taken the session over.");
}

/** Compare-and-set: a task that has left `from` meanwhile keeps what it has, and nothing of this append is written. */
async function apply(db: Db, sessionId: string, change: Change): Promise<void> {
  const status = change.kind === "end" ? change.outcome.status : change.to;
  const result = await db
    .updateTable("tasks")
    .set(change.kind === "end" ? ending(change) : { status })
    .where("id", "=", change.taskId)
    .where("status", "in", change.from)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw await refusedChange(db, change.taskId);
  const newest = db.selectFrom("tasks").select("id").where("session_id", "=", sessionId).orderBy("id", "desc").limit(1);
  const isNewest = (await newest.executeTakeFirst())?.id === change.taskId;
  const touched = change.kind === "end" ? { updated_at: change.at } : {};
  const set = { ...(isNewest && { status }), ...touched };
  if (Object.keys(set).length > 0) await db.updateTable("sessions").set(set).where("id", "=", sessionId).execute();
}

async function refusedChange(db: Db, taskId: string): Promise<AnyWorkError> {
  const task = await db.selectFrom("tasks").select("finished_at").where("id", "=", taskId).executeTakeFirst();
  if (task?.finished_at !== null) return new AnyWorkError("task_terminal", "The task has ended already.");
  return new AnyWorkError("conflict", "The task is not where it was thought to be.");
}

function ending({ outcome, error, tokens, at }: Extract<Change, { kind: "end" }>) {
  return {
    status: outcome.status,
    result: outcome.result ?? null,
    structured_output: outcome.structured_output === undefined ? null : JSON.stringify(outcome.structured_output),
    error: error && JSON.stringify(error),
    reason: outcome.reason ?? null,
    retryable: outcome.retryable ? 1 : 0,
    cost_usd: outcome.cost_usd,
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    num_turns: outcome.num_turns,
    duration_ms: outcome.duration_ms,
    finished_at: at,
  };
}

export async function readSession(
  db: Db,
  q: { sessionId: string; after: number; limit: number },
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  let after = q.after;
  while (events.length < q.limit) {
    const rows = await db
      .selectFrom("event_runs")
      .selectAll()
      .where("session_id", "=", q.sessionId)
      .where("pos_last", ">", after)
      .where("pos_first", ">", after - 20_000)
      .orderBy("pos_first")
      .limit(50)
      .execute();
    const last = rows.at(-1);
    if (!last) break;
    for (const row of rows) events.push(...fromRun(row).filter((stored) => stored.pos > q.after));
    after = Number(last.pos_last);
  }
  return events;
}

export async function readTask(db: Db, q: { taskId: string; after: number; limit: number }): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  let after = q.after;
  while (events.length < q.limit) {
    const rows = await db
      .selectFrom("event_runs")
      .selectAll()
      .where("task_id", "=", q.taskId)
      .where("seq_last", ">", after)
      .orderBy("seq_first")
      .limit(50)
      .execute();
    const last = rows.at(-1);
    if (!last) break;
    for (const row of rows) events.push(...fromRun(row).filter((stored) => stored.seq > q.after));
    after = Number(last.seq_last);
  }
  return events.slice(0, q.limit);
}

export async function heads(db: Db, sessionId: string) {
  const runs = db.selectFrom("event_runs").where("session_id", "=", sessionId);
  const last = await runs.select("pos_last").orderBy("pos_first", "desc").limit(1).executeTakeFirst();
  const rows = await db
    .selectFrom("event_runs")
    .innerJoin("tasks", "tasks.id", "event_runs.task_id")
    .where("tasks.session_id", "=", sessionId)
    .where("tasks.status", "in", ["pending", "running", "input_required"])
    .groupBy(["event_runs.task_id", "tasks.attempt"])
    .select((e) => [
      "event_runs.task_id",
      "tasks.attempt",
      e.fn.max("event_runs.seq_last").as("seq"),
      // The journal's numbers begin anew with each attempt.
      e.fn
        .max(
          e
            .case()
            .when("event_runs.attempt", "=", e.ref("tasks.attempt"))
            .then(e.ref("event_runs.wseq_last"))
            .else(0)
            .end(),
        )
        .as("wseq"),
    ])
    .execute();
  const tasks: Record<string, { seq: number; attempt: number; wseq: number }> = {};
  for (const row of rows) tasks[row.task_id] = { seq: Number(row.seq), attempt: row.attempt, wseq: Number(row.wseq) };
  return { pos: Number(last?.pos_last ?? 0), tasks };
}
