// What the browser loads before the chat is usable: the scripts that index.html names and all they import statically.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const page = join(import.meta.dirname, "../../apps/web/dist");

export interface PageSize {
  files: number;
  compressedBytes: number;
}

export function measurePage(): PageSize {
  const html = readFileSync(join(page, "index.html"), "utf8");
  const named = [...html.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="\/([^"]+\.js)"/g)];
  const files = new Set<string>();
  for (const [, path = ""] of named) addWithImports(join(page, path), files);
  let compressedBytes = 0;
  for (const file of files) compressedBytes += statSync(existsSync(`${file}.br`) ? `${file}.br` : file).size;
  return { files: files.size, compressedBytes };
}

function addWithImports(file: string, files: Set<string>): void {
  if (files.has(file)) return;
  files.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, path = ""] of text.matchAll(/(?:\bfrom|^import|[;}]import)\s*"(\.{1,2}\/[^"]+\.js)"/gm)) {
    addWithImports(join(dirname(file), path), files);
  }
}
