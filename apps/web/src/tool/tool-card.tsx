import type { ToolView } from "@anywork/client";
import { Check, ChevronRight, CircleDashed, LoaderCircle, X } from "lucide-react";
import { memo, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDuration, formatElapsed } from "../i18n/format.ts";
import { useNow } from "../ui/use-now.ts";
import { plain } from "./ansi.ts";
import { describeTool } from "./describe-tool.ts";
import { ToolArguments } from "./tool-arguments.tsx";
import { ToolOutput } from "./tool-output.tsx";

export interface ToolCardProps {
  tool: ToolView;
  /** Its task runs: without a result it is under way; otherwise its end was never seen. */
  isLive: boolean;
  isOpen: boolean;
  onToggle(): void;
}

/** What says most about a failure: the last thing a command printed, or the first line of a tool's complaint. */
function complaint(tool: ToolView): string {
  const lines = plain(tool.output ?? "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const said = lines.filter((line) => !/^\[exit code \d+\]$/.test(line));
  return (tool.name === "bash" ? said.at(-1) : said[0]) ?? lines[0] ?? "";
}

const lastLine = (text: string): string => plain(text.slice(-4000)).trimEnd().split("\n").at(-1) ?? "";

export const ToolCard = memo(function ToolCard({ tool, isLive, isOpen, onToggle }: ToolCardProps) {
  const { t } = useTranslation();
  const { icon: Icon, verb, object } = describeTool(tool);
  const id = useId();
  const isRunning = isLive && tool.output === null;
  const peek = isOpen ? "" : isRunning ? lastLine(tool.live) : tool.ok === false ? complaint(tool) : "";
  return (
    <div className="overflow-hidden rounded-card border bg-surface">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={onToggle}
        className="flex h-9 w-full items-center gap-2 px-3 text-left hover:bg-raised focus-visible:outline-offset-[-2px] touch:h-11"
      >
        <Icon size={15} className="shrink-0 text-muted" aria-hidden="true" />
        <span className="shrink-0 font-medium">{t(`tool.${verb}`, { name: tool.name })}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-12 text-muted" dir="ltr">
          {object.split("\n")[0]}
        </span>
        <ToolState tool={tool} isRunning={isRunning} />
        <ChevronRight
          size={14}
          aria-hidden="true"
          className={`shrink-0 text-muted transition-transform duration-120 ${isOpen ? "rotate-90" : ""}`}
        />
      </button>
      {peek !== "" && (
        <p
          className={`truncate border-t px-3 py-2 font-mono text-12 ${tool.ok === false ? "text-danger" : "text-muted"}`}
        >
          {peek}
        </p>
      )}
      <div id={id} hidden={!isOpen}>
        {isOpen && (
          <>
            <ToolArguments tool={tool} />
            <ToolOutput tool={tool} isRunning={isRunning} />
          </>
        )}
      </div>
    </div>
  );
});

function ToolState({ tool, isRunning }: { tool: ToolView; isRunning: boolean }) {
  const { t } = useTranslation();
  const time = tool.durationMs === null ? "" : formatDuration(tool.durationMs);
  if (isRunning) return <Running />;
  if (tool.ok === null) {
    return (
      <span className="flex shrink-0 items-center gap-1.5 text-12 text-muted">
        <CircleDashed size={13} aria-hidden="true" /> {t("tool.unknown")}
      </span>
    );
  }
  return (
    <span className={`tabular flex shrink-0 items-center gap-1.5 text-12 ${tool.ok ? "text-muted" : "text-danger"}`}>
      {tool.ok ? <Check size={13} className="text-ok" aria-hidden="true" /> : <X size={13} aria-hidden="true" />}
      <span className={tool.ok ? "sr-only" : ""}>{t(tool.ok ? "tool.ok" : "tool.failed")}</span>
      {time}
    </span>
  );
}

/** Counts from when it came on screen: exact enough for a glance; the result brings the true time. */
function Running() {
  const { t } = useTranslation();
  const since = useRef(0);
  const now = useNow(true);
  useEffect(() => {
    since.current = Date.now();
  }, []);
  const elapsed = since.current === 0 ? 0 : now - since.current;
  return (
    <span className="tabular flex min-w-22 shrink-0 items-center gap-1.5 text-12 text-info">
      <LoaderCircle size={13} className="animate-spin" aria-hidden="true" />
      {t("tool.running")} {elapsed >= 1000 && formatElapsed(elapsed)}
    </span>
  );
}

/** Which cards are open, kept above the virtual list so that scrolling away does not close them. */
export function useOpenCards() {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return { isOpen: (key: string) => open.has(key), toggle };
}
