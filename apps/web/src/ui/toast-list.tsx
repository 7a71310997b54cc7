import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp, useAppState } from "../state/app-context.tsx";
import { Button } from "./button.tsx";

export function ToastList() {
  const { t } = useTranslation();
  const { toasts } = useApp();
  const list = useAppState((state) => state.toasts);
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 pb-[max(16px,env(safe-area-inset-bottom))]"
    >
      {list.map((toast) => (
        <div
          key={toast.id}
          className="pointer-events-auto flex max-w-120 animate-in items-center gap-3 rounded-card border border-strong bg-raised py-2 pr-2 pl-4"
        >
          <div className="min-w-0 py-1">
            <p className="line-clamp-3 break-words">{toast.text}</p>
            {toast.detail && <p className="text-muted">{toast.detail}</p>}
          </div>
          {toast.action && (
            <Button
              tone="quiet"
              className="text-accent"
              onClick={() => {
                toast.action?.run();
                toasts.hide(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <Button tone="quiet" isIcon aria-label={t("app.close")} onClick={() => toasts.hide(toast.id)}>
            <X size={16} />
          </Button>
        </div>
      ))}
    </div>
  );
}
