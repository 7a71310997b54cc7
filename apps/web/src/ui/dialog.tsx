import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";

export interface DialogProps {
  isOpen: boolean;
  onClose(): void;
  title: string;
  children: ReactNode;
}

interface ModalProps extends Omit<DialogProps, "title"> {
  titleId: string;
  className: string;
}

/** The browser's own modal dialog: it keeps the focus inside, closes on Escape and gives the focus back. */
function Modal({ isOpen, onClose, titleId, className, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!isOpen) return dialog.current?.close();
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus(); // a question is there to be answered
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does by keyboard what the click beside it does
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className={`fixed m-0 max-h-none max-w-none border-strong bg-surface text-text outline-none backdrop:bg-[oklch(0_0_0/0.5)] ${className}`}
    >
      {isOpen && children}
    </dialog>
  );
}

export function Dialog({ title, ...props }: DialogProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Modal
      {...props}
      titleId={id}
      className="inset-x-4 top-[18vh] mx-auto w-auto overflow-visible rounded-card border open:animate-in md:w-110"
    >
      <div className="max-h-[70vh] overflow-y-auto p-5">
        <div className="mb-4 flex items-center justify-between gap-4">
          <h2 id={id} className="font-semibold text-15">
            {title}
          </h2>
          <Button tone="quiet" isIcon className="-m-1" aria-label={t("app.close")} onClick={props.onClose}>
            <X size={16} />
          </Button>
        </div>
        {props.children}
      </div>
    </Modal>
  );
}

/** The same from the left edge, for what is a sidebar on a wide screen. */
export function Sheet({ title, ...props }: DialogProps) {
  const id = useId();
  return (
    <Modal
      {...props}
      titleId={id}
      className="inset-y-0 left-0 h-full w-[86vw] overflow-hidden border-r open:animate-sheet sm:w-80"
    >
      <h2 id={id} className="sr-only">
        {title}
      </h2>
      {props.children}
    </Modal>
  );
}
