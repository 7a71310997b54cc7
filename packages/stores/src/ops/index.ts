// Every operation of the store, dialect-neutral: one argument that can be sent to a thread, one transaction each.
import type { Kysely } from "kysely";
import type { Tables } from "../tables.ts";
import * as events from "./events.ts";
import * as sessions from "./sessions.ts";
import * as settings from "./settings.ts";
import * as tasks from "./tasks.ts";
import * as usage from "./usage.ts";

type Op = { mode: "read" | "write"; run: (db: Kysely<Tables>, input: never) => Promise<unknown> };
const read = <R extends Op["run"]>(run: R) => ({ mode: "read" as const, run });
const write = <R extends Op["run"]>(run: R) => ({ mode: "write" as const, run });

export const ops = {
  accept: write(tasks.accept),
  getTask: read(tasks.get),
  listTasks: read(tasks.list),
  openTasks: read((db: Kysely<Tables>, _input: null) => tasks.open(db)),
  claim: write(tasks.claim),
  takeOver: write(tasks.takeOver),
  append: write(events.append),
  readSession: read(events.readSession),
  readTask: read(events.readTask),
  heads: read(events.heads),
  createSession: write(sessions.create),
  getSession: read(sessions.get),
  listSessions: read(sessions.list),
  renameSession: write(sessions.rename),
  removeSession: write(sessions.remove),
  addSignIn: write(settings.addSignIn),
  hasSignIn: read(settings.hasSignIn),
  removeSignIn: write(settings.removeSignIn),
  getSetting: read(settings.get),
  putSetting: write(settings.put),
  addUsage: write(usage.add),
  usageOfTask: read(usage.ofTask),
} satisfies Record<string, Op>;

export type OpName = keyof typeof ops;
export type OpInput<N extends OpName> = Parameters<(typeof ops)[N]["run"]>[1];
export type OpOutput<N extends OpName> = Awaited<ReturnType<(typeof ops)[N]["run"]>>;
/** Runs one operation somewhere: on SQLite's thread, or in a PostgreSQL transaction. */
export type RunOp = <N extends OpName>(name: N, input: OpInput<N>) => Promise<OpOutput<N>>;
