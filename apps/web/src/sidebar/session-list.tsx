import type { Session } from "@anywork/protocol";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { type DayGroup, dayGroup, formatWhen } from "../i18n/format.ts";
import { useApp, useAppState } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";
import { Bone, useIsSlow } from "../ui/skeleton.tsx";
import { useMedia } from "../ui/use-media.ts";
import { SessionMenu } from "./session-menu.tsx";
import { StatusDot } from "./status-dot.tsx";

type Row = { key: string; group: DayGroup } | { key: string; session: Session };

function rowsOf(sessions: readonly Session[]): Row[] {
  const now = new Date();
  const rows: Row[] = [];
  let last: DayGroup | undefined;
  for (const session of sessions) {
    const group = dayGroup(session.updatedAt, now);
    if (group !== last) rows.push({ key: `group:${group}`, group });
    rows.push({ key: session.id, session });
    last = group;
  }
  return rows;
}

/** Chats, newest activity first. Only those on screen exist, so a thousand scroll like ten. */
export function SessionList({ onPick }: { onPick(): void }) {
  const { t } = useTranslation();
  const { sessions: actions } = useApp();
  const sessions = useAppState((state) => state.sessions);
  const problem = useAppState((state) => state.sessionsProblem);
  const isSlow = useIsSlow(sessions === null && problem === null);
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useParams().id;
  const rowHeight = useMedia("(pointer: coarse)") ? 46 : 34;
  const rows = useMemo(() => rowsOf(sessions ?? []), [sessions]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - 20;

  useEffect(() => {
    if (isNearEnd) void actions.loadMore();
  }, [isNearEnd, actions]);
  useEffect(() => {
    if (rowHeight > 0) virtual.measure();
  }, [rowHeight, virtual]);

  if (sessions === null) {
    if (problem !== null) {
      return (
        <div className="flex-1 px-4 py-3 text-muted">
          <p className="mb-3">{t("nav.loadFailed")}</p>
          <Button onClick={() => void actions.refresh()}>{t("chat.tryAgain")}</Button>
        </div>
      );
    }
    return (
      <div className="flex-1 space-y-2 px-3 pt-3">
        {isSlow && [70, 85, 55, 75].map((width) => <Line key={width} width={width} />)}
      </div>
    );
  }
  if (sessions.length === 0) return <p className="flex-1 px-4 py-3 text-muted">{t("nav.empty")}</p>;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <li
              key={item.key}
              className="absolute inset-x-0 top-0"
              style={{ height: item.size, transform: `translateY(${item.start}px)` }}
            >
              {"group" in row ? (
                <span className="flex h-full items-end px-2 pb-1.5 text-12 text-muted">{t(`nav.${row.group}`)}</span>
              ) : (
                <SessionRow session={row.session} isShown={row.session.id === shown} onPick={onPick} />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Line({ width }: { width: number }) {
  return (
    <div style={{ width: `${width}%` }}>
      <Bone className="h-6" />
    </div>
  );
}

interface SessionRowProps {
  session: Session;
  isShown: boolean;
  onPick(): void;
}

const quiet = new Set([null, "completed"]);

const SessionRow = memo(function SessionRow({ session, isShown, onPick }: SessionRowProps) {
  const { t } = useTranslation();
  const { id, status, updatedAt } = session;
  const title = session.title || t("nav.untitled");
  const word = status === null || quiet.has(status) ? formatWhen(updatedAt, new Date()) : t(`status.${status}`);
  return (
    <div
      className={`group flex h-8 items-center rounded-control touch:h-11 ${isShown ? "bg-hover" : "hover:bg-raised focus-within:bg-raised"}`}
    >
      <Link
        to={`/s/${encodeURIComponent(id)}`}
        onClick={onPick}
        {...(isShown && { "aria-current": "page" })}
        className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-control pr-1 pl-2 focus-visible:outline-offset-[-2px]"
      >
        <StatusDot status={status} />
        <span className="min-w-0 flex-1 truncate" title={title}>
          {title}
        </span>
        {/* A new element for a new word: one that begins elsewhere would count as moved. */}
        <span
          key={word}
          className="tabular shrink-0 text-12 text-muted group-focus-within:sr-only group-hover:sr-only touch:not-sr-only!"
        >
          {word}
          {status === "completed" && <span className="sr-only">{t("status.completed")}</span>}
        </span>
      </Link>
      <SessionMenu
        id={id}
        title={title}
        className="sr-only group-focus-within:not-sr-only! group-hover:not-sr-only! data-open:not-sr-only! touch:not-sr-only!"
      />
    </div>
  );
});
