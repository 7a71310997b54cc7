import type { Thread } from "@anywork/client";
import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { type ReactNode, useCallback, useLayoutEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useOpenCards } from "../tool/tool-card.tsx";
import { Button } from "../ui/button.tsx";
import { estimateRow, type Row, rowsOf } from "./rows.ts";
import { ThreadRow } from "./thread-row.tsx";
import { useFollow } from "./use-follow.ts";

export interface ThreadViewProps {
  sessionId: string;
  thread: Thread;
  onEarlier: (() => Promise<void>) | null;
}

/** The conversation. Only rows near the screen exist; at the end it follows what is written, elsewhere it keeps still. */
export function ThreadView({ sessionId, thread, onEarlier }: ThreadViewProps) {
  const { t } = useTranslation();
  const rows = useMemo(() => rowsOf(thread), [thread]);
  const scroller = useRef<HTMLElement>(null);
  const cards = useOpenCards();
  // The same functions every time: new ones would make the list measure all of its rows again with every word.
  const latest = useRef(rows);
  latest.current = rows;
  const estimateSize = useCallback((i: number) => {
    const row = latest.current[i];
    return row === undefined ? 48 : estimateRow(row);
  }, []);
  const getItemKey = useCallback((i: number) => latest.current[i]?.key ?? i, []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    getItemKey,
    initialOffset: () => Number.MAX_SAFE_INTEGER,
    overscan: 8,
    paddingStart: 24,
    paddingEnd: 24,
  });
  const total = virtual.getTotalSize();
  const { isAtEnd, onScroll, toEnd, hold } = useFollow(scroller, total, thread.pending.length);
  const toggle = (key: string) => {
    hold();
    cards.toggle(key);
  };
  const items = virtual.getVirtualItems();

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={scroller}
        onScroll={onScroll}
        aria-label={t("chat.thread")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:outline-offset-[-2px]"
      >
        {onEarlier && (
          <div className="flex justify-center pt-4">
            <Button tone="quiet" onClick={() => void onEarlier()}>
              {t("chat.earlier")}
            </Button>
          </div>
        )}
        <div className="relative mx-auto w-full max-w-190" style={{ height: total }}>
          {items.map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <PlacedRow
                  key={item.key}
                  item={item}
                  measure={virtual.measureElement}
                  row={row}
                  isOpen={cards.isOpen(row.key)}
                >
                  <ThreadRow sessionId={sessionId} row={row} isOpen={cards.isOpen(row.key)} toggle={toggle} />
                </PlacedRow>
              )
            );
          })}
        </div>
      </section>
      {!isAtEnd && (
        <Button className="-translate-x-1/2 absolute bottom-3 left-1/2 rounded-full border-strong" onClick={toEnd}>
          <ArrowDown size={14} aria-hidden="true" />
          {t("chat.latest")}
        </Button>
      )}
    </div>
  );
}

interface PlacedRowProps {
  item: VirtualItem;
  measure(element: HTMLElement | null): void;
  row: Row;
  isOpen: boolean;
  children: ReactNode;
}

/** Measured before it is painted: a row that grows moves those below it in the same frame, and by transform alone. */
function PlacedRow({ item, measure, row, isOpen, children }: PlacedRowProps) {
  const element = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the height depends on
  useLayoutEffect(() => measure(element.current), [measure, row, isOpen]);
  return (
    <div
      ref={(node) => {
        element.current = node;
        measure(node);
      }}
      data-index={item.index}
      className="absolute inset-x-0 top-0 flow-root px-4 md:px-5"
      style={{ transform: `translateY(${item.start}px)` }}
    >
      {children}
    </div>
  );
}
