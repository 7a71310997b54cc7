// A session that was removed may be opened again under the same id, and workers that saw its old leases refuse lower
// ones: a new session's leases begin above those of all that were removed.
import type { Kysely } from "kysely";
import type { Tables } from "../tables.ts";
import { get, put } from "./settings.ts";

type Db = Kysely<Tables>;
const key = "lease_floor";

export async function leaseFloor(db: Db): Promise<number> {
  return Number((await get(db, key)) ?? 0);
}

/** Before a session is removed. */
export async function raiseLeaseFloor(db: Db, sessionId: string): Promise<void> {
  const row = await db.selectFrom("sessions").select("lease_token").where("id", "=", sessionId).executeTakeFirst();
  if (row && row.lease_token > (await leaseFloor(db))) await put(db, { key, value: String(row.lease_token) });
}
