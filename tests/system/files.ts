import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files and folders below a folder; links are not followed. */
export function everythingBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return [path, ...everythingBelow(path)];
    return entry.isFile() ? [path] : [];
  });
}

/** The files below a folder in which a text occurs. */
export function filesWith(folder: string, text: string): string[] {
  return everythingBelow(folder).filter((path) => {
    try {
      return lstatSync(path).isFile() && readFileSync(path).includes(text);
    } catch {
      return false; // Removed while we looked.
    }
  });
}
