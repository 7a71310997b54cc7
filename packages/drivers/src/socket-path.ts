import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { AnyWorkError } from "@anywork/protocol";

/** Unix socket addresses end at 104 bytes on macOS and 108 on Linux. */
const maxPathBytes = 100;

const shortHash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Where a process of ours listens: in `runDir`, or, where that path is too long, in a private folder below tmp. */
export function socketPath(runDir: string, listener: string, tmp = tmpdir()): string {
  const name = `${shortHash(listener)}.sock`;
  const near = join(runDir, name);
  if (Buffer.byteLength(near) <= maxPathBytes) return near;
  const { uid } = userInfo();
  const folder = join(tmp, `anywork-${uid}-${shortHash(runDir)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (found.mode & 0o077) !== 0 || (uid >= 0 && found.uid !== uid)) {
    throw new AnyWorkError("worker_unavailable", `${folder} is not a private folder of yours`, {
      hint: "Remove it, or choose a shorter ANYWORK_HOME.",
    });
  }
  return join(folder, name);
}
