import type { Accepted, Claim, NewTask, TaskFilter } from "@anywork/core";
import { AnyWorkError, type Task } from "@anywork/protocol";
import type { Kysely } from "kysely";
import type { SessionsTable, Tables } from "../tables.ts";
import { leaseFloor } from "./lease-floor.ts";
import { toSession, toTask } from "./rows.ts";

type Db = Kysely<Tables>;

export async function accept(db: Db, task: NewTask): Promise<Accepted> {
  const known = task.dedupe && (await delivered(db, task.dedupe));
  if (known) return known;
  const session = await db.selectFrom("sessions").selectAll().where("id", "=", task.sessionId).executeTakeFirst();
  if (session) await assertRoom(db, task);
  const row = session ? await touch(db, session, task) : await openSession(db, task);
  await db.insertInto("tasks").values(newRow(task)).execute();
  if (task.dedupe) {
    const { scope, key, digest } = task.dedupe;
    const created_at = task.createdAt;
    await db.insertInto("deliveries").values({ scope, key, digest, task_id: task.id, created_at }).execute();
  }
  return { kind: "created", task: toTask(newRow(task)), session: toSession(row), sessionCreated: !session };
}

async function assertRoom(db: Db, { sessionId, maxWaiting }: NewTask): Promise<void> {
  const { waiting } = await db
    .selectFrom("tasks")
    .where("session_id", "=", sessionId)
    .where("status", "=", "pending")
    .select((e) => e.fn.countAll<number>().as("waiting"))
    .executeTakeFirstOrThrow();
  if (Number(waiting) < maxWaiting) return;
  throw new AnyWorkError("too_many_requests", `${waiting} messages wait in this session already.`, {
    hint: "Wait until some are done, or cancel them.",
    retryAfterS: 10,
  });
}

async function openSession(db: Db, { sessionId, title, channel, agent, createdAt }: NewTask): Promise<SessionsTable> {
  const times = { created_at: createdAt, updated_at: createdAt };
  const row = { id: sessionId, title, channel, agent, ...times, status: "pending", lease_token: await leaseFloor(db) };
  await db.insertInto("sessions").values(row).execute();
  return row;
}

async function touch(db: Db, session: SessionsTable, task: NewTask): Promise<SessionsTable> {
  const title = session.title === "" ? task.title : session.title;
  const changed = { updated_at: task.createdAt, status: "pending", title };
  await db.updateTable("sessions").set(changed).where("id", "=", session.id).execute();
  return { ...session, ...changed };
}

async function delivered(db: Db, { scope, key, digest }: NonNullable<NewTask["dedupe"]>): Promise<Accepted | null> {
  const row = await db
    .selectFrom("deliveries")
    .selectAll()
    .where("scope", "=", scope)
    .where("key", "=", key)
    .executeTakeFirst();
  const task = row && (await get(db, row.task_id));
  if (!row || !task) return null;
  return { kind: row.digest === digest ? "repeat" : "mismatch", task };
}

function newRow(task: NewTask): Tables["tasks"] {
  return {
    id: task.id,
    session_id: task.sessionId,
    channel: task.channel,
    agent: task.agent,
    status: "pending",
    message: task.message,
    skills: JSON.stringify(task.skills),
    mcp_servers: JSON.stringify(task.mcpServers),
    attempt: 0,
    worker_id: null,
    retry_of: task.retryOf,
    result: null,
    structured_output: null,
    error: null,
    reason: null,
    retryable: 0,
    cost_usd: 0,
    input_tokens: 0,
    output_tokens: 0,
    num_turns: 0,
    duration_ms: 0,
    created_at: task.createdAt,
    started_at: null,
    finished_at: null,
  };
}

export async function get(db: Db, id: string): Promise<Task | null> {
  const row = await db.selectFrom("tasks").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toTask(row) : null;
}

export async function list(db: Db, filter: TaskFilter): Promise<Task[]> {
  let query = db.selectFrom("tasks").selectAll().orderBy("id", "desc").limit(filter.limit);
  if (filter.sessionId !== undefined) query = query.where("session_id", "=", filter.sessionId);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return (await query.execute()).map(toTask);
}

export async function open(db: Db): Promise<Task[]> {
  const statuses = ["pending", "running", "input_required"];
  const rows = await db.selectFrom("tasks").selectAll().where("status", "in", statuses).orderBy("id").execute();
  return rows.map(toTask);
}

export async function claim(
  db: Db,
  { id, workerId, at }: { id: string; workerId: string; at: string },
): Promise<Claim | null> {
  const row = await db
    .updateTable("tasks")
    .set((e) => ({ status: "running", worker_id: workerId, attempt: e("attempt", "+", 1), started_at: at }))
    .where("id", "=", id)
    .where("status", "=", "pending")
    .returningAll()
    .executeTakeFirst();
  return row ? await lease(db, toTask(row)) : null;
}

export async function takeOver(db: Db, id: string): Promise<Claim | null> {
  const task = await get(db, id);
  return task?.status === "running" ? await lease(db, task) : null;
}

async function lease(db: Db, task: Task): Promise<Claim> {
  const session = await db
    .updateTable("sessions")
    .set((e) => ({ lease_token: e("lease_token", "+", 1), status: "running" }))
    .where("id", "=", task.sessionId)
    .returning("lease_token")
    .executeTakeFirst();
  if (!session) throw new AnyWorkError("not_found", "The task's session is gone.");
  return { task, leaseToken: session.lease_token };
}
