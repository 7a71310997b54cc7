import type { PermissionClass } from "./tools/tool.ts";

export interface PermissionRequest {
  tool: string;
  permission: PermissionClass;
  args: Record<string, unknown>;
}

export type Decision = { effect: "allow" } | { effect: "deny"; reason: string };

/** Every tool call passes here. Until policies come there is one: tools run without asking. */
export const decide = (_request: PermissionRequest): Decision => ({ effect: "allow" });
