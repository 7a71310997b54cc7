import type { AppStore, Theme } from "./app-state.ts";

const key = "anywork.theme";

export function readTheme(): Theme {
  try {
    const theme = localStorage.getItem(key);
    return theme === "dark" || theme === "light" ? theme : "system";
  } catch {
    return "system"; // storage is blocked
  }
}

export function setTheme(store: AppStore, theme: Theme): void {
  store.setState({ theme });
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: it holds for this page only.
  }
}
