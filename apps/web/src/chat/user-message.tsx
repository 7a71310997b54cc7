import type { TaskView } from "@anywork/client";
import { Clock, RotateCcw, X } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatInstant } from "../i18n/format.ts";
import { useApp } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";

export const UserMessage = memo(function UserMessage({ task, ahead }: { task: TaskView; ahead: number }) {
  const { t } = useTranslation();
  const { threads } = useApp();
  const isQueued = task.status === "pending" && ahead > 0;
  return (
    <Bubble
      text={task.userText}
      isFaint={isQueued}
      {...(task.createdAt !== null && { title: formatInstant(task.createdAt) })}
    >
      {task.retryOf !== null && (
        <span className="flex items-center gap-1.5">
          <RotateCcw size={12} aria-hidden="true" /> {t("chat.runAgainOf")}
        </span>
      )}
      {isQueued && (
        <>
          <span className="flex items-center gap-1.5">
            <Clock size={12} aria-hidden="true" /> {t("chat.queuedBehind", { count: ahead })}
          </span>
          <Button
            tone="quiet"
            isIcon
            className="-my-2"
            aria-label={t("chat.cancelQueued")}
            title={t("chat.cancelQueued")}
            onClick={() => void threads.stop(task.taskId)}
          >
            <X size={14} />
          </Button>
        </>
      )}
    </Bubble>
  );
});

/** What is longer is folded: one wants to read the answer, and knows what one said. */
const longText = 900;
const longLines = 14;

export interface BubbleProps {
  text: string;
  isFaint: boolean;
  title?: string;
  /** The line below it. */
  children?: ReactNode;
}

export function Bubble({ text, isFaint, title, children }: BubbleProps) {
  const { t } = useTranslation();
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > longText || text.split("\n").length > longLines;
  return (
    <div className="flex flex-col items-end pt-4 pb-5">
      <h2 className="sr-only">{t("chat.you")}</h2>
      <div
        title={title}
        className={`max-w-[88%] whitespace-pre-wrap rounded-card px-4 py-2.5 text-15 leading-[1.6] [overflow-wrap:anywhere] md:max-w-[80%] ${
          isFaint ? "border border-strong border-dashed" : "border border-transparent bg-raised"
        }`}
      >
        <span className={isLong && !isWhole ? "line-clamp-10" : ""}>{text}</span>
      </div>
      {isLong && (
        <Button tone="quiet" className="mt-1" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t("chat.showLess") : t("chat.showAll")}
        </Button>
      )}
      <div className="mt-1.5 flex items-center gap-2 text-12 text-muted empty:hidden">{children}</div>
    </div>
  );
}
