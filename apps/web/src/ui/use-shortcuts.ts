import { useEffect, useRef } from "react";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const isCovered = (): boolean => document.querySelector("dialog[open],:popover-open") !== null;

/** Single keys for the whole page, while nobody types and nothing lies over it. Escape works from the fields, too. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
      const run = latest.current[event.key];
      if (run === undefined || isCovered() || (event.key !== "Escape" && isTyping(event.target))) return;
      event.preventDefault();
      run();
    }
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}
