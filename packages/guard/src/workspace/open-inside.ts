// Files below a root, opened so that a link swapped in at the last moment cannot lead out: first the folder, then, through
// the folder's own descriptor, the file. Linux: /proc/self/fd; elsewhere the checks are by real path alone.
import { constants as c } from "node:fs";
import { type FileHandle, mkdir, open, readlink } from "node:fs/promises";
import path from "node:path";
import { isInside, pathRefused, resolveInside } from "./resolve-inside.ts";

const hasDescriptorPaths = process.platform === "linux";
const noFollow = c.O_NOFOLLOW | c.O_NONBLOCK; // O_NONBLOCK: opening a FIFO must not wait for its other end

/**
 * Opens a regular file of the root for reading. Throws path_refused, also for devices, FIFOs and hard-linked files; ENOENT
 * as the system says it. The caller closes the handle.
 */
export function openForReading(root: string, given: string): Promise<FileHandle> {
  return openInside(root, given, c.O_RDONLY);
}

/** Opens a regular file for writing, empty; it and its folders are created. Throws as openForReading. */
export async function openForWriting(root: string, given: string): Promise<FileHandle> {
  await makeFolderOf(root, given);
  const handle = await openInside(root, given, c.O_WRONLY | c.O_CREAT);
  await handle.truncate(0); // only now: what it was is known to be a file of ours
  return handle;
}

/** The folder a path lies in is made, one step at a time, each seen to be inside. */
async function makeFolderOf(root: string, given: string): Promise<void> {
  const folder = path.dirname(await resolveInside(root, given));
  await mkdir(folder, { recursive: true });
}

async function openInside(root: string, given: string, flags: number): Promise<FileHandle> {
  const real = await resolveInside(root, given);
  const realRoot = await resolveInside(root, ".");
  if (real === realRoot) throw pathRefused(given, "is a folder");
  const folder = await open(path.dirname(real), c.O_RDONLY | c.O_DIRECTORY).catch((error) => {
    throw inOurWords(error, given);
  });
  try {
    await refuseOutside(folder, realRoot, given);
    const name = path.basename(real);
    const target = hasDescriptorPaths ? `/proc/self/fd/${folder.fd}/${name}` : real;
    return await openRegular(target, flags, given);
  } finally {
    await folder.close();
  }
}

async function refuseOutside(folder: FileHandle, realRoot: string, given: string): Promise<void> {
  if (!hasDescriptorPaths) return;
  const where = await readlink(`/proc/self/fd/${folder.fd}`);
  if (!isInside(realRoot, where)) throw pathRefused(given, "leads outside the workspace through a link");
}

async function openRegular(target: string, flags: number, given: string): Promise<FileHandle> {
  const handle = await open(target, flags | noFollow, 0o644).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ELOOP") throw pathRefused(given, "is a link", error);
    if (error.code === "ENXIO") throw pathRefused(given, "is not a regular file", error);
    if (error.code === "EISDIR") throw pathRefused(given, "is a folder", error);
    throw inOurWords(error, given);
  });
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw pathRefused(given, "is a folder");
    if (!stat.isFile()) throw pathRefused(given, "is not a regular file");
    if (stat.nlink > 1) throw pathRefused(given, "is hard-linked: its other name may lie outside the workspace");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The system's error under its code, but with the path as it was given: the real one is nobody's business. */
function inOurWords(cause: NodeJS.ErrnoException, given: string): NodeJS.ErrnoException {
  const missing = cause.code === "ENOENT" || cause.code === "ENOTDIR";
  const message = missing ? `${given} does not exist` : `${given} cannot be opened (${cause.code})`;
  return Object.assign(
    new Error(message, { cause }),
    missing ? { code: "ENOENT" } : cause.code && { code: cause.code },
  );
}
