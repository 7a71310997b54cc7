import { createContext, type ReactNode, use } from "react";
import { useStore } from "zustand";
import type { App } from "./app.ts";
import type { AppState } from "./app-state.ts";

const Context = createContext<App | null>(null);

export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <Context value={app}>{children}</Context>;
}

export function useApp(): App {
  const app = use(Context);
  if (app === null) throw new Error("useApp needs an AppProvider above it");
  return app;
}

export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useApp().store, select);
}
