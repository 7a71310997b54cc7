import type { SignIn } from "@anywork/core";
import type { Kysely } from "kysely";
import type { Tables } from "../tables.ts";

type Db = Kysely<Tables>;

export async function addSignIn(db: Db, { hash, createdAt, expiresAt }: SignIn): Promise<void> {
  await db.deleteFrom("sign_ins").where("expires_at", "<", createdAt).execute();
  await db.insertInto("sign_ins").values({ hash, created_at: createdAt, expires_at: expiresAt }).execute();
}

export async function hasSignIn(db: Db, { hash, now }: { hash: string; now: string }): Promise<boolean> {
  const row = await db.selectFrom("sign_ins").select("expires_at").where("hash", "=", hash).executeTakeFirst();
  return row !== undefined && row.expires_at > now;
}

export async function removeSignIn(db: Db, hash: string): Promise<void> {
  await db.deleteFrom("sign_ins").where("hash", "=", hash).execute();
}

export async function get(db: Db, key: string): Promise<string | null> {
  const row = await db.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
  return row?.value ?? null;
}

export async function put(db: Db, { key, value }: { key: string; value: string | null }): Promise<void> {
  if (value === null) await db.deleteFrom("settings").where("key", "=", key).execute();
  else {
    const row = { key, value };
    await db
      .insertInto("settings")
      .values(row)
      .onConflict((c) => c.column("key").doUpdateSet({ value }))
      .execute();
  }
}
