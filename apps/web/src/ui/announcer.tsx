import { useAppState } from "../state/app-context.tsx";

export function Announcer() {
  const announcement = useAppState((state) => state.announcement);
  return (
    <div aria-live="polite" aria-atomic="true" className="sr-only">
      {announcement}
    </div>
  );
}
