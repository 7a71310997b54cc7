import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement } from "react";
import type { MenuEntry } from "./menu.tsx";

const itemClass =
  "flex h-8 touch:h-11 items-center gap-2.5 rounded-control px-2.5 outline-none data-highlighted:bg-hover select-none";

export interface BaseMenuProps {
  trigger: ReactElement;
  side: "top" | "bottom";
  entries: readonly MenuEntry[];
}

/** A menu of Base UI: keyboard, focus and placing are its work. Loaded by menu.tsx with the first click. */
export function BaseMenu({ trigger, side, entries }: BaseMenuProps) {
  return (
    <Base.Root defaultOpen modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner side={side} align="end" sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="min-w-48 animate-in rounded-card border border-strong bg-raised p-1 outline-none">
            {entries.map((entry) => (
              <Entry key={entry.key} entry={entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Entry({ entry }: { entry: MenuEntry }) {
  switch (entry.type) {
    case "line":
      return <Base.Separator className="my-1 h-px bg-border" />;
    case "action":
      return (
        <Base.Item className={`${itemClass} ${entry.isDanger ? "text-danger" : ""}`} onClick={entry.run}>
          <entry.icon size={14} aria-hidden="true" /> {entry.label}
        </Base.Item>
      );
    case "choice":
      return (
        <Base.Group>
          <Base.GroupLabel className="px-2.5 pt-1.5 pb-1 text-12 text-muted">{entry.label}</Base.GroupLabel>
          <Base.RadioGroup value={entry.value} onValueChange={entry.choose}>
            {entry.choices.map(({ value, label }) => (
              <Base.RadioItem key={value} value={value} closeOnClick className={`${itemClass} justify-between`}>
                {label}
                <Base.RadioItemIndicator className="text-accent">✓</Base.RadioItemIndicator>
              </Base.RadioItem>
            ))}
          </Base.RadioGroup>
        </Base.Group>
      );
  }
}
