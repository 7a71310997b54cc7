import { ChevronsUpDown, Keyboard, LogOut, PlugZap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useApp, useAppState } from "../state/app-context.tsx";
import type { Theme } from "../state/app-state.ts";
import { setTheme } from "../state/theme.ts";
import { Menu, type MenuEntry } from "../ui/menu.tsx";

export function SettingsMenu({ onShortcuts }: { onShortcuts(): void }) {
  const { t } = useTranslation();
  const { store, auth } = useApp();
  const navigate = useNavigate();
  const theme = useAppState((state) => state.theme);
  const hasAuth = useAppState((state) => state.auth === "on");
  const status = useAppState((state) => state.status);
  const provider = status?.provider;
  const model = provider?.demo ? t("nav.demoModel") : (provider?.model ?? provider?.name ?? t("nav.noModel"));
  const themes: { value: Theme; label: string }[] = [
    { value: "system", label: t("nav.themeSystem") },
    { value: "dark", label: t("nav.themeDark") },
    { value: "light", label: t("nav.themeLight") },
  ];
  const entries: MenuEntry[] = [
    { type: "action", key: "model", label: t("nav.provider"), icon: PlugZap, run: () => void navigate("/welcome") },
    { type: "action", key: "keys", label: t("nav.shortcuts"), icon: Keyboard, run: onShortcuts },
    { type: "line", key: "line" },
    {
      type: "choice",
      key: "theme",
      label: t("nav.theme"),
      value: theme,
      choices: themes,
      choose: (next) => setTheme(store, next as Theme),
    },
  ];
  if (hasAuth) {
    entries.push({ type: "line", key: "line2" });
    entries.push({ type: "action", key: "out", label: t("nav.signOut"), icon: LogOut, run: () => void auth.signOut() });
  }
  return (
    <div className="shrink-0 border-t p-2">
      <Menu
        side="top"
        entries={entries}
        button={{
          tone: "quiet",
          className: "w-full justify-between px-2 font-normal",
          "aria-label": `${t("nav.settings")} · ${model}`,
          children: (
            <>
              <span className="truncate">{model}</span>
              <ChevronsUpDown size={14} aria-hidden="true" />
            </>
          ),
        }}
      />
    </div>
  );
}
