// One line for a tool call: a verb and its object, in the tool's own terms.
import type { ToolView } from "@anywork/client";
import { FilePen, FilePlus, FileText, FolderOpen, type LucideIcon, Search, SquareTerminal, Wrench } from "lucide-react";

export interface ToolLine {
  icon: LucideIcon;
  /** Key below `tool` in the catalogue. */
  verb: "bash" | "read" | "write" | "edit" | "list" | "search" | "other";
  object: string;
}

const known: Record<string, { icon: LucideIcon; verb: ToolLine["verb"]; keys: string[] }> = {
  bash: { icon: SquareTerminal, verb: "bash", keys: ["command"] },
  read: { icon: FileText, verb: "read", keys: ["path", "file"] },
  write: { icon: FilePlus, verb: "write", keys: ["path", "file"] },
  edit: { icon: FilePen, verb: "edit", keys: ["path", "file"] },
  list: { icon: FolderOpen, verb: "list", keys: ["path", "folder"] },
  search: { icon: Search, verb: "search", keys: ["pattern", "query"] },
};

export function stringArg(tool: ToolView, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = tool.args[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}

export function describeTool(tool: ToolView): ToolLine {
  const line = known[tool.name];
  if (line === undefined) {
    const first = Object.values(tool.args).find((value) => typeof value === "string");
    return { icon: Wrench, verb: "other", object: String(first ?? "") };
  }
  return { icon: line.icon, verb: line.verb, object: stringArg(tool, ...line.keys) ?? "." };
}

/** Language of a file, for its colours. */
export function languageOf(path: string): string {
  return /\.([A-Za-z0-9]+)$/.exec(path)?.[1] ?? "";
}
