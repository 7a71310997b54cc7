import type { Thread } from "@anywork/client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useOpenCards } from "../tool/tool-card.tsx";
import { Button } from "../ui/button.tsx";
import { estimateRow, rowsOf } from "./rows.ts";
import { ThreadRow } from "./thread-row.tsx";

export interface ThreadViewProps {
  sessionId: string;
  thread: Thread;
  onEarlier: (() => Promise<void>) | null;
}

/** Within this many pixels of the end one reads along; further up one is left alone. */
const endThreshold = 60;

/** The conversation. Only rows near the screen exist; at the end it follows what is written, elsewhere it keeps still. */
export function ThreadView({ sessionId, thread, onEarlier }: ThreadViewProps) {
  const { t } = useTranslation();
  const rows = useMemo(() => rowsOf(thread), [thread]);
  const scroller = useRef<HTMLElement>(null);
  const cards = useOpenCards();
  const [isAtEnd, setAtEnd] = useState(true);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => {
      const row = rows[i];
      return row === undefined ? 48 : estimateRow(row);
    },
    getItemKey: (i) => rows[i]?.key ?? i,
    initialOffset: () => Number.MAX_SAFE_INTEGER,
    overscan: 8,
    paddingStart: 24,
    paddingEnd: 24,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: endThreshold,
    onChange: (instance) => setAtEnd(instance.isAtEnd(endThreshold)),
  });
  const items = virtual.getVirtualItems();

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={scroller}
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
        <div className="relative mx-auto w-full max-w-190" style={{ height: virtual.getTotalSize() }}>
          <div
            className="absolute inset-x-0 top-0 px-4 md:px-5"
            style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}
          >
            {items.map((item) => {
              const row = rows[item.index];
              return (
                row && (
                  <div key={item.key} data-index={item.index} ref={virtual.measureElement} className="flow-root">
                    <ThreadRow sessionId={sessionId} row={row} isOpen={cards.isOpen(row.key)} toggle={cards.toggle} />
                  </div>
                )
              );
            })}
          </div>
        </div>
      </section>
      {!isAtEnd && (
        <Button
          className="-translate-x-1/2 absolute bottom-3 left-1/2 rounded-full border-strong"
          onClick={() => virtual.scrollToEnd()}
        >
          <ArrowDown size={14} aria-hidden="true" />
          {t("chat.latest")}
        </Button>
      )}
    </div>
  );
}
