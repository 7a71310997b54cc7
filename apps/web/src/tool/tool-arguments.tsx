import type { ToolView } from "@anywork/client";
import { CodeBlock } from "../markdown/code-block.tsx";
import { languageOf, stringArg } from "./describe-tool.ts";
import { Diff } from "./diff.tsx";

/** What the tool was asked to do, in its own form: a command, a file, a change; anything else as names and values. */
export function ToolArguments({ tool }: { tool: ToolView }) {
  const path = stringArg(tool, "path", "file") ?? "";
  const command = stringArg(tool, "command");
  const content = stringArg(tool, "content");
  const before = stringArg(tool, "old_text", "old_string", "oldText", "old", "find");
  const after = stringArg(tool, "new_text", "new_string", "newText", "new", "replace");
  return (
    <div className="border-t">
      {tool.name === "bash" && command !== undefined ? (
        <CodeBlock isBare isOpen={false} language="bash" code={command} />
      ) : tool.name === "write" && content !== undefined ? (
        <>
          <Path path={path} />
          <div className="max-h-80 overflow-y-auto">
            <CodeBlock isBare isOpen={false} language={languageOf(path)} code={content} />
          </div>
        </>
      ) : tool.name === "edit" && before !== undefined && after !== undefined ? (
        <>
          <Path path={path} />
          <Diff before={before} after={after} />
        </>
      ) : (
        <Values args={tool.args} />
      )}
    </div>
  );
}

function Path({ path }: { path: string }) {
  return <p className="break-all px-4 pt-3 font-mono text-12 text-muted">{path}</p>;
}

function Values({ args }: { args: Record<string, unknown> }) {
  const entries = Object.entries(args);
  if (entries.length === 0) return null;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 py-3 text-12">
      {entries.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-all font-mono">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
