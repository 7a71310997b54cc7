// Which task a call belongs to. Tokens are kept as hashes, so looking one up takes the same time whatever it is.
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface TaskRef {
  taskId: string;
  sessionId: string;
}

export interface Tokens {
  put(token: string, task: TaskRef): void;
  /** The task's token is dead from now on. */
  remove(taskId: string): void;
  /** The task whose token the headers carry, in x-api-key or as a bearer. */
  taskOf(headers: IncomingHttpHeaders): TaskRef | null;
  readonly size: number;
}

const hash = (token: string) => createHash("sha256").update(token).digest("base64");

export function createTokens(): Tokens {
  const tasks = new Map<string, TaskRef>();
  const hashes = new Map<string, string>();
  const remove = (taskId: string) => {
    tasks.delete(hashes.get(taskId) ?? "");
    hashes.delete(taskId);
  };

  return {
    put(token, task) {
      remove(task.taskId);
      const key = hash(token);
      tasks.set(key, task);
      hashes.set(task.taskId, key);
    },
    remove,
    taskOf(headers) {
      const token = carriedToken(headers);
      return token === null ? null : (tasks.get(hash(token)) ?? null);
    },
    get size() {
      return hashes.size;
    },
  };
}

function carriedToken(headers: IncomingHttpHeaders): string | null {
  const key = headers["x-api-key"];
  if (typeof key === "string") return key;
  const bearer = headers.authorization;
  return bearer?.startsWith("Bearer ") ? bearer.slice(7) : null;
}
