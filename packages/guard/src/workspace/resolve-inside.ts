// In: a path from outside (a model, a person). Out: the real path of it below the root, or path_refused.
import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { AnyWorkError } from "@anywork/protocol";

const hint = "Use a path inside the workspace, without links that lead out of it.";

export function pathRefused(given: string, why: string, cause?: unknown): AnyWorkError {
  return new AnyWorkError("path_refused", `${JSON.stringify(given)} ${why}`, { hint, cause });
}

/**
 * Where a path really lies: symlinks of its existing part are followed, the rest need not exist. Relative paths start at
 * the root, absolute ones must lie inside it. Throws path_refused for "..", NUL, anything outside, dangling links.
 */
export async function resolveInside(root: string, given: string): Promise<string> {
  if (given.includes("\0")) throw pathRefused(given, "contains a NUL character");
  if (given.split(/[/\\]/).includes("..")) throw pathRefused(given, 'contains ".."');
  const realRoot = await realpath(root);
  const wanted = path.resolve(realRoot, given);
  const lexical = isInside(realRoot, wanted) || isInside(path.resolve(root), wanted);
  if (!lexical) throw pathRefused(given, "is outside the workspace");
  const real = await realpathOfExisting(wanted, given);
  if (!isInside(realRoot, real)) throw pathRefused(given, "leads outside the workspace through a link");
  return real;
}

/** Whether an absolute path is the root or below it, by its letters alone. */
export function isInside(root: string, absolute: string): boolean {
  const relative = path.relative(root, absolute);
  return relative === "" || (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

async function realpathOfExisting(wanted: string, given: string): Promise<string> {
  const rest: string[] = [];
  for (let current = wanted; ; current = path.dirname(current)) {
    try {
      return path.join(await realpath(current), ...rest);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ELOOP" || code === "ENAMETOOLONG" || code === "ENOTDIR") {
        throw pathRefused(given, code === "ENOTDIR" ? "goes through a file" : "cannot be followed", error);
      }
      if (code !== "ENOENT" || current === path.dirname(current)) throw error;
      // A link whose target is missing would be created wherever it points.
      if (await isThere(current)) throw pathRefused(given, "is a link to something that does not exist");
      rest.unshift(path.basename(current));
    }
  }
}

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );
