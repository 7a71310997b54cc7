import { isOver, type Thread } from "@anywork/client";
import { PanelLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import { formatElapsed } from "../i18n/format.ts";
import { SessionMenu } from "../sidebar/session-menu.tsx";
import { StatusDot } from "../sidebar/status-dot.tsx";
import { Button } from "../ui/button.tsx";
import { useNow } from "../ui/use-now.ts";

export interface ChatHeaderProps {
  sessionId: string | undefined;
  title: string;
  thread: Thread | undefined;
  /** On a phone: shows the list of chats. */
  onOpenNav: (() => void) | null;
}

export function ChatHeader({ sessionId, title, thread, onOpenNav }: ChatHeaderProps) {
  const { t } = useTranslation();
  const active = thread?.tasks.find((task) => !isOver(task));
  const startedAt = active?.status === "running" ? active.startedAt : null;
  const now = useNow(startedAt !== null, 1000);
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b px-2 md:px-5 touch:h-13">
      {onOpenNav && (
        <Button tone="quiet" isIcon aria-label={t("nav.open")} onClick={onOpenNav}>
          <PanelLeft size={18} />
        </Button>
      )}
      <h1 className="min-w-0 truncate font-medium text-13">{title}</h1>
      {active && (
        <span className="tabular ml-2 flex shrink-0 items-center gap-1.5 text-12 text-muted">
          <StatusDot status={active.status} /> {t(`status.${active.status}`)}
          {startedAt !== null && ` ${formatElapsed(now - new Date(startedAt).getTime())}`}
        </span>
      )}
      {sessionId !== undefined && (
        <div className="ml-auto">
          <SessionMenu id={sessionId} title={title} />
        </div>
      )}
    </header>
  );
}
