export { createRedactor, type Redactor } from "./redactor.ts";
export { openForReading, openForWriting } from "./workspace/open-inside.ts";
export { isInside, pathRefused, resolveInside } from "./workspace/resolve-inside.ts";
export { workspaceName } from "./workspace/workspace-name.ts";
