import type { LucideIcon } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { Button, type ButtonProps } from "./button.tsx";

export type MenuEntry =
  | { type: "action"; key: string; label: string; icon: LucideIcon; isDanger?: boolean; run(): void }
  | { type: "line"; key: string }
  | {
      type: "choice";
      key: string;
      label: string;
      value: string;
      choices: readonly { value: string; label: string }[];
      choose(value: string): void;
    };

export interface MenuProps {
  /** The button that opens it. */
  button: ButtonProps;
  side?: "top" | "bottom";
  entries: readonly MenuEntry[];
}

const gap = 4;

/** Where the menu stands: below or above its button, on the screen, its right edge at the button's. */
function place(menu: HTMLElement, button: HTMLElement, side: "top" | "bottom") {
  const { top, bottom, right } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const wanted = side === "top" ? top - offsetHeight - gap : bottom + gap;
  menu.style.left = `${Math.max(gap, Math.min(right, innerWidth - gap) - offsetWidth)}px`;
  menu.style.top = `${Math.max(gap, Math.min(wanted, innerHeight - offsetHeight - gap))}px`;
}

const itemsOf = (menu: HTMLElement | null): HTMLElement[] => [
  ...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? []),
];

/**
 * A menu button by the ARIA pattern, on the browser's own popover: it lies above everything, closes on Escape and on a
 * click elsewhere, and gives the focus back.
 */
export function Menu({ button, side = "bottom", entries }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();

  function onToggle(open: boolean) {
    setOpen(open);
    if (!open || menu.current === null || trigger.current === null) return;
    place(menu.current, trigger.current, side);
    itemsOf(menu.current)[0]?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const items = itemsOf(menu.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    const next = moves[event.key];
    if (event.key === "Tab") menu.current?.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }

  function pick(run: () => void) {
    menu.current?.hidePopover();
    run();
  }

  return (
    <>
      <Button
        {...button}
        ref={trigger}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        popoverTarget={id}
        {...(isOpen && { "data-open": true })}
      />
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        aria-label={button["aria-label"]}
        onToggle={(event) => onToggle(event.newState === "open")}
        onKeyDown={onKeyDown}
        tabIndex={-1}
        className="fixed inset-auto m-0 min-w-48 rounded-card border border-strong bg-raised p-1 text-text outline-none"
      >
        {entries.map((entry) => (
          <Entry key={entry.key} entry={entry} pick={pick} />
        ))}
      </div>
    </>
  );
}

const itemClass =
  "flex h-8 w-full items-center gap-2.5 rounded-control px-2.5 text-left outline-none focus:bg-hover touch:h-11";

function Entry({ entry, pick }: { entry: MenuEntry; pick(run: () => void): void }) {
  const id = useId();
  switch (entry.type) {
    case "line":
      return <hr className="my-1 border-t" />;
    case "action":
      return (
        <button
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={`${itemClass} ${entry.isDanger ? "text-danger" : ""}`}
          onPointerMove={(event) => event.currentTarget.focus()}
          onClick={() => pick(entry.run)}
        >
          <entry.icon size={14} aria-hidden="true" /> {entry.label}
        </button>
      );
    case "choice":
      return (
        // biome-ignore lint/a11y/useSemanticElements: a group of menu items is no fieldset
        <div role="group" aria-labelledby={id}>
          <p id={id} className="px-2.5 pt-1.5 pb-1 text-12 text-muted">
            {entry.label}
          </p>
          {entry.choices.map(({ value, label }) => (
            <button
              key={value}
              type="button"
              role="menuitemradio"
              aria-checked={value === entry.value}
              tabIndex={-1}
              className={`${itemClass} justify-between`}
              onPointerMove={(event) => event.currentTarget.focus()}
              onClick={() => pick(() => entry.choose(value))}
            >
              {label}
              {value === entry.value && (
                <span aria-hidden="true" className="text-accent">
                  ✓
                </span>
              )}
            </button>
          ))}
        </div>
      );
  }
}
