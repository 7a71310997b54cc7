import type { Store } from "@anywork/core";
import type { RunOp } from "./ops/index.ts";
import { toRuns } from "./ops/rows.ts";

/** The store's ports on top of whatever runs the operations. */
export function createStore(run: RunOp, close: () => Promise<void>): Store {
  return {
    tasks: {
      accept: (task) => run("accept", task),
      get: (id) => run("getTask", id),
      list: (filter) => run("listTasks", filter),
      open: () => run("openTasks", null),
      claim: (task) => run("claim", task),
      takeOver: (id) => run("takeOver", id),
    },
    events: {
      // Packed on this side: a few texts cross to a thread much cheaper than many small objects.
      append: ({ events, ...append }) => run("append", { ...append, runs: toRuns(events) }),
      readSession: (query) => run("readSession", query),
      readTask: (query) => run("readTask", query),
      heads: (sessionId) => run("heads", sessionId),
    },
    sessions: {
      create: (session) => run("createSession", session),
      get: (id) => run("getSession", id),
      list: (query) => run("listSessions", query),
      rename: (id, title) => run("renameSession", { id, title }),
      remove: (id) => run("removeSession", id),
    },
    settings: {
      addSignIn: (signIn) => run("addSignIn", signIn),
      hasSignIn: (hash, now) => run("hasSignIn", { hash, now }),
      removeSignIn: (hash) => run("removeSignIn", hash),
      get: (key) => run("getSetting", key),
      put: (key, value) => run("putSetting", { key, value }),
    },
    usage: {
      add: (calls) => run("addUsage", calls),
      ofTask: (taskId) => run("usageOfTask", taskId),
    },
    close,
  };
}
