import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** What the gateway metered, one row per model call. */
export const modelCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("model_calls")
      .addColumn("task_id", "text", (c) => c.notNull())
      .addColumn("at", "text", (c) => c.notNull())
      .addColumn("n", "bigint", (c) => c.notNull())
      .addColumn("session_id", "text", (c) => c.notNull())
      .addColumn("model", "text", (c) => c.notNull())
      .addColumn("status", "integer", (c) => c.notNull())
      .addColumn("input_tokens", "bigint", (c) => c.notNull())
      .addColumn("output_tokens", "bigint", (c) => c.notNull())
      .addColumn("cache_read_tokens", "bigint", (c) => c.notNull())
      .addColumn("cache_write_tokens", "bigint", (c) => c.notNull())
      .addColumn("first_byte_ms", "double precision", (c) => c.notNull())
      .addColumn("duration_ms", "double precision", (c) => c.notNull())
      .addPrimaryKeyConstraint("model_calls_pk", ["task_id", "at", "n"])
      .execute();
  },
};
