import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Tables } from "../tables.ts";
import { start } from "./001-start.ts";
import { modelCalls } from "./002-model-calls.ts";

/** In order; a published one is never edited. */
const migrations: Record<string, Migration> = { "001-start": start, "002-model-calls": modelCalls };

/** Brings the database to the newest schema. Throws what the failing migration threw. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
