import { useSyncExternalStore } from "react";

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (call) => {
      const list = matchMedia(query);
      list.addEventListener("change", call);
      return () => list.removeEventListener("change", call);
    },
    () => matchMedia(query).matches,
  );
}

export const useIsPhone = (): boolean => useMedia("(max-width: 767px)");
