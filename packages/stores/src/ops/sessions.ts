import type { SessionStore } from "@anywork/core";
import { AnyWorkError, type Session } from "@anywork/protocol";
import type { Kysely } from "kysely";
import type { Tables } from "../tables.ts";
import { leaseFloor, raiseLeaseFloor } from "./lease-floor.ts";
import { toSession } from "./rows.ts";

type Db = Kysely<Tables>;

export async function create(db: Db, session: Parameters<SessionStore["create"]>[0]): Promise<Session> {
  const { id, title, channel, agent, createdAt } = session;
  const known = await get(db, id);
  if (known) throw new AnyWorkError("conflict", `The session “${id}” exists already.`, { field: "id" });
  const row = { id, title, channel, agent, created_at: createdAt, updated_at: createdAt, status: null };
  const lease_token = await leaseFloor(db);
  await db
    .insertInto("sessions")
    .values({ ...row, lease_token })
    .execute();
  return toSession({ ...row, lease_token });
}

export async function get(db: Db, id: string): Promise<Session | null> {
  const row = await db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toSession(row) : null;
}

export async function list(db: Db, { before, limit }: Parameters<SessionStore["list"]>[0]): Promise<Session[]> {
  let query = db.selectFrom("sessions").selectAll().orderBy("updated_at", "desc").orderBy("id", "desc").limit(limit);
  if (before) {
    query = query.where((e) =>
      e.or([
        e("updated_at", "<", before.updatedAt),
        e.and([e("updated_at", "=", before.updatedAt), e("id", "<", before.id)]),
      ]),
    );
  }
  return (await query.execute()).map(toSession);
}

export async function rename(db: Db, { id, title }: { id: string; title: string }): Promise<Session | null> {
  await db.updateTable("sessions").set({ title }).where("id", "=", id).execute();
  return await get(db, id);
}

export async function remove(db: Db, id: string): Promise<boolean> {
  const open = await db
    .selectFrom("tasks")
    .select("id")
    .where("session_id", "=", id)
    .where("status", "in", ["pending", "running"])
    .executeTakeFirst();
  if (open) throw new AnyWorkError("conflict", "A task of this session is still open.", { hint: "Cancel it first." });
  await raiseLeaseFloor(db, id);
  // A key that was used for a task that is gone may be used again.
  const tasks = db.selectFrom("tasks").select("id").where("session_id", "=", id);
  await db.deleteFrom("deliveries").where("task_id", "in", tasks).execute();
  const result = await db.deleteFrom("sessions").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
