// The life of a process of ours (worker, gateway): boot line on standard input, a Unix socket nobody else may open,
// a record in run/, "ready" on fd 3; then it outlives the hub and ends itself when nobody asks for it any more.
import { chmodSync, closeSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { AnyWorkError, type ProcessRecord } from "@anywork/protocol";

const drainMs = 12_000;
const pollMs = 50;

/** What every boot line has. */
interface Life {
  id: string;
  home: string;
  socket: string;
  token: string;
  version: string;
  orphan_exit_ms: number;
}

interface PrivateProcess {
  /** Resolves when it is time to end: after SIGTERM once idle (12 s at most), or without a request for too long. */
  readonly ended: Promise<"terminated" | "orphaned">;
  /** True from SIGTERM on: nothing new is taken. */
  isEnding(): boolean;
  /** The last act: removes record and socket and ends the whole process group, the caller included. */
  leave(): void;
}

/** The boot line a parent writes to standard input. Throws config_invalid when it is not what `parse` wants. */
export async function readBoot<T>(input: Readable, parse: (value: unknown) => T): Promise<T> {
  let text = "";
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes("\n") || text.length > 1_000_000) break;
  }
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new AnyWorkError("config_invalid", "the boot line on standard input is not what this process needs", {
      cause,
      hint: "It is started by the hub, never by hand.",
    });
  }
}

/** Listens, records itself, says ready. `isBusy` keeps it from ending for want of a hub. */
export async function servePrivate(options: {
  kind: "worker" | "gateway";
  boot: Life;
  server: Server;
  isBusy: () => boolean;
}): Promise<PrivateProcess> {
  const { boot, server } = options;
  const recordPath = join(boot.home, "run", `${boot.id}.json`);
  await listen(server, boot.socket);
  const listensAt = inodeOf(boot.socket);
  writeRecord(recordPath, { kind: options.kind, boot });
  let ending = false;
  const ended = watchEnd({ ...options, onTerminate: () => (ending = true) });
  sayReady();
  return {
    ended,
    isEnding: () => ending,
    leave() {
      rmSync(recordPath, { force: true });
      // A successor may listen in the same place by now; closing the server would remove its socket too.
      if (inodeOf(boot.socket) === listensAt) rmSync(boot.socket, { force: true });
      endProcessGroup();
    },
  };
}

function listen(server: Server, socket: string): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const umask = process.umask(0o177);
  return new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o600);
      resolve();
    });
  }).finally(() => process.umask(umask));
}

function writeRecord(path: string, { kind, boot }: { kind: ProcessRecord["kind"]; boot: Life }): void {
  const { id, socket, token, version } = boot;
  const startedAt = new Date().toISOString();
  const record: ProcessRecord = { id, kind, pid: process.pid, address: socket, token, version, startedAt };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function watchEnd(options: {
  boot: Life;
  server: Server;
  isBusy: () => boolean;
  onTerminate: () => void;
}): Promise<"terminated" | "orphaned"> {
  const { boot, server, isBusy } = options;
  let askedAt = performance.now();
  server.on("request", () => {
    askedAt = performance.now();
  });
  return new Promise((resolve) => {
    const orphanCheck = setInterval(
      () => {
        if (isBusy()) askedAt = performance.now();
        else if (performance.now() - askedAt >= boot.orphan_exit_ms) resolve("orphaned");
      },
      Math.min(Math.max(boot.orphan_exit_ms / 4, 20), 5_000),
    );
    let isTerminating = false;
    process.on("SIGTERM", () => {
      if (isTerminating) return;
      isTerminating = true;
      const since = performance.now();
      clearInterval(orphanCheck);
      options.onTerminate();
      setInterval(() => {
        if (!isBusy() || performance.now() - since >= drainMs) resolve("terminated");
      }, pollMs);
    });
  });
}

function sayReady(): void {
  try {
    writeSync(3, "ready\n");
  } catch {
    return; // Started without a pipe on fd 3: whoever did so polls /health, and what is open there is not ours to close.
  }
  closeSync(3);
}

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;

function endProcessGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL"); // Not the leader of a group: started by hand.
  }
}
