import type { LucideIcon } from "lucide-react";
import { type ComponentType, useState } from "react";
import type { BaseMenuProps } from "./base-menu.tsx";
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

let loaded: ComponentType<BaseMenuProps> | undefined;
const load = () =>
  import("./base-menu.tsx").then(({ BaseMenu }) => {
    loaded = BaseMenu;
    return BaseMenu;
  });

/** A button until it is used: the menu's code comes with the first one that is touched, not with the page. */
export function Menu({ button, side = "bottom", entries }: MenuProps) {
  const [isUsed, setUsed] = useState(false);
  const Base = loaded;
  if (isUsed && Base !== undefined) return <Base trigger={<Button {...button} />} side={side} entries={entries} />;
  return (
    <Button
      {...button}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => void load().then(() => setUsed(true))}
    />
  );
}
