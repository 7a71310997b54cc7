import type { GatewayUsage } from "@anywork/protocol";
import type { Kysely } from "kysely";
import type { Tables } from "../tables.ts";

type Db = Kysely<Tables>;

/** The gateway tells a call again until it is settled: a repeat changes nothing. */
export async function add(db: Db, calls: GatewayUsage[]): Promise<void> {
  if (calls.length === 0) return;
  await db
    .insertInto("model_calls")
    .values(calls)
    .onConflict((c) => c.doNothing())
    .execute();
}

export async function ofTask(db: Db, taskId: string): Promise<GatewayUsage[]> {
  return await db.selectFrom("model_calls").selectAll().where("task_id", "=", taskId).orderBy("n").execute();
}
