import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./button.tsx";
import type { DialogProps } from "./dialog.tsx";

const backdropClass = "fixed inset-0 z-40 bg-[oklch(0_0_0/0.5)]";

/** A dialog of Base UI: focus stays inside, Escape closes. Loaded by dialog.tsx when the first one opens. */
export function BaseDialog({ isOpen, onClose, title, children }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropClass} />
        <Base.Popup className="fixed inset-x-4 top-[18vh] z-50 mx-auto max-h-[70vh] max-w-110 animate-in overflow-y-auto rounded-card border border-strong bg-surface p-5 outline-none">
          <div className="mb-4 flex items-center justify-between gap-4">
            <Base.Title className="font-semibold text-15">{title}</Base.Title>
            <Base.Close className={`-m-1 ${buttonClass({ tone: "quiet", isIcon: true })}`} aria-label={t("app.close")}>
              <X size={16} />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The same from the left edge, for what is a sidebar on a wide screen. */
export function BaseSheet({ isOpen, onClose, title, children }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdropClass} />
        <Base.Popup className="fixed inset-y-0 left-0 z-50 w-[86vw] max-w-80 animate-sheet border-r bg-surface outline-none">
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
