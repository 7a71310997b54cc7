export { createSqliteStore, type SqliteOptions } from "./sqlite/store.ts";
