import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { start } from "./001-start.ts";
import type { Tables } from "../tables.ts";

/** In order; a published one is never edited. */
const migrations: Record<string, Migration> = { "001-start": start };

/** Brings the database to the newest schema. Throws what the failing migration threw. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
