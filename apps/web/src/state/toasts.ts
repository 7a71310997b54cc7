import type { AppStore, Toast } from "./app-state.ts";

export interface Toasts {
  /** Returns how to take it away. `keep`: its owner takes it away; otherwise it goes by itself. */
  show(toast: Omit<Toast, "id"> & { keep?: boolean }): () => void;
  hide(id: string): void;
}

const shownMs = 8000;

export function createToasts(store: AppStore): Toasts {
  let count = 0;
  const hide = (id: string) => store.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));
  return {
    hide,
    show({ keep, ...toast }) {
      count += 1;
      const id = String(count);
      store.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, id }] }));
      if (!keep) setTimeout(() => hide(id), shownMs);
      return () => hide(id);
    },
  };
}
