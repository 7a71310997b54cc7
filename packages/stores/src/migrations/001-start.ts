import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const start: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("sessions")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("title", "text", (c) => c.notNull())
      .addColumn("channel", "text", (c) => c.notNull())
      .addColumn("agent", "text", (c) => c.notNull())
      .addColumn("created_at", "text", (c) => c.notNull())
      .addColumn("updated_at", "text", (c) => c.notNull())
      .addColumn("status", "text")
      .addColumn("lease_token", "integer", (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.createIndex("sessions_by_activity").on("sessions").columns(["updated_at", "id"]).execute();

    await db.schema
      .createTable("tasks")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("session_id", "text", (c) => c.notNull().references("sessions.id").onDelete("cascade"))
      .addColumn("channel", "text", (c) => c.notNull())
      .addColumn("agent", "text", (c) => c.notNull())
      .addColumn("status", "text", (c) => c.notNull())
      .addColumn("message", "text", (c) => c.notNull())
      .addColumn("skills", "text", (c) => c.notNull())
      .addColumn("mcp_servers", "text", (c) => c.notNull())
      .addColumn("attempt", "integer", (c) => c.notNull())
      .addColumn("worker_id", "text")
      .addColumn("retry_of", "text")
      .addColumn("result", "text")
      .addColumn("structured_output", "text")
      .addColumn("error", "text")
      .addColumn("reason", "text")
      .addColumn("retryable", "integer", (c) => c.notNull())
      .addColumn("cost_usd", "double precision", (c) => c.notNull())
      .addColumn("input_tokens", "bigint", (c) => c.notNull())
      .addColumn("output_tokens", "bigint", (c) => c.notNull())
      .addColumn("num_turns", "integer", (c) => c.notNull())
      .addColumn("duration_ms", "double precision", (c) => c.notNull())
      .addColumn("created_at", "text", (c) => c.notNull())
      .addColumn("started_at", "text")
      .addColumn("finished_at", "text")
      .execute();
    await db.schema.createIndex("tasks_by_session").on("tasks").columns(["session_id", "id"]).execute();
    await db.schema.createIndex("tasks_by_status").on("tasks").columns(["status", "id"]).execute();

    await db.schema
      .createTable("event_runs")
      .addColumn("session_id", "text", (c) => c.notNull().references("sessions.id").onDelete("cascade"))
      .addColumn("pos_first", "bigint", (c) => c.notNull())
      .addColumn("pos_last", "bigint", (c) => c.notNull())
      .addColumn("task_id", "text", (c) => c.notNull())
      .addColumn("attempt", "integer", (c) => c.notNull())
      .addColumn("seq_first", "bigint", (c) => c.notNull())
      .addColumn("seq_last", "bigint", (c) => c.notNull())
      .addColumn("wseq_last", "bigint", (c) => c.notNull())
      .addColumn("events", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("event_runs_pk", ["session_id", "pos_first"])
      .execute();
    await db.schema
      .createIndex("event_runs_by_task")
      .unique()
      .on("event_runs")
      .columns(["task_id", "seq_first"])
      .execute();

    await db.schema
      .createTable("deliveries")
      .addColumn("scope", "text", (c) => c.notNull())
      .addColumn("key", "text", (c) => c.notNull())
      .addColumn("task_id", "text", (c) => c.notNull())
      .addColumn("digest", "text", (c) => c.notNull())
      .addColumn("created_at", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("deliveries_pk", ["scope", "key"])
      .execute();

    await db.schema
      .createTable("sign_ins")
      .addColumn("hash", "text", (c) => c.primaryKey())
      .addColumn("created_at", "text", (c) => c.notNull())
      .addColumn("expires_at", "text", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("settings")
      .addColumn("key", "text", (c) => c.primaryKey())
      .addColumn("value", "text", (c) => c.notNull())
      .execute();
  },
};
