import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { buttonClass } from "../ui/button.tsx";
import { Logo } from "../ui/logo.tsx";
import { SessionList } from "./session-list.tsx";
import { SettingsMenu } from "./settings-menu.tsx";

export interface SidebarProps {
  /** Something was chosen: on a phone the sheet closes. */
  onPick(): void;
  onShortcuts(): void;
}

export function Sidebar({ onPick, onShortcuts }: SidebarProps) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("nav.label")} className="flex h-full min-h-0 flex-col">
      <div className="flex h-12 shrink-0 items-center gap-2 px-4 font-semibold touch:h-13">
        <Logo size={18} />
        {t("app.name")}
      </div>
      <div className="px-2 pb-1">
        <Link
          to="/"
          onClick={onPick}
          className={`${buttonClass()} w-full justify-start px-2 focus-visible:outline-offset-[-2px]`}
        >
          <Plus size={15} aria-hidden="true" />
          {t("nav.newChat")}
          <kbd className="ml-auto text-muted touch:hidden">c</kbd>
        </Link>
      </div>
      <SessionList onPick={onPick} />
      <SettingsMenu onShortcuts={onShortcuts} />
    </nav>
  );
}
