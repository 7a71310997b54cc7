import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useLayoutEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "../i18n/format.ts";
import { Button } from "../ui/button.tsx";

export interface ComposerProps {
  /** Drafts are kept per chat. */
  draftKey: string;
  field: RefObject<HTMLTextAreaElement | null>;
  placeholder: string;
  onSend(text: string): void;
  /** Present while something runs. */
  onStop: (() => void) | null;
}

const maxLength = 200_000;

function readDraft(key: string): string {
  try {
    return sessionStorage.getItem(`anywork.draft.${key}`) ?? "";
  } catch {
    return ""; // storage is blocked
  }
}

function keepDraft(key: string, text: string) {
  try {
    if (text === "") sessionStorage.removeItem(`anywork.draft.${key}`);
    else sessionStorage.setItem(`anywork.draft.${key}`, text);
  } catch {
    // Storage is blocked: the draft lives as long as the page.
  }
}

export function Composer({ draftKey, field, placeholder, onSend, onStop }: ComposerProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => readDraft(draftKey));
  const hintId = useId();
  const excess = text.length - maxLength;
  const canSend = text.trim() !== "" && excess <= 0;

  useEffect(() => setText(readDraft(draftKey)), [draftKey]);
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = text === "" ? "" : `${area.scrollHeight}px`;
  }, [text, field]);

  function change(next: string) {
    setText(next);
    keepDraft(draftKey, next);
  }

  function send() {
    if (!canSend) return;
    onSend(text.trim());
    change("");
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="mx-auto w-full max-w-190 shrink-0 px-3 pb-[max(12px,env(safe-area-inset-bottom))] md:px-5 md:pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="rounded-card border border-strong bg-field focus-within:border-accent">
        <textarea
          ref={field}
          aria-label={t("composer.label")}
          aria-describedby={hintId}
          placeholder={placeholder}
          value={text}
          rows={1}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          enterKeyHint="send"
          className="block max-h-[40vh] min-h-11 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-15 leading-[1.6] outline-none placeholder:text-muted touch:text-[16px]"
        />
        <div className="flex items-center justify-end gap-2 pr-2 pb-2 pl-4">
          <p id={hintId} className={`mr-auto truncate text-12 ${excess > 0 ? "text-danger" : "text-muted"}`}>
            {excess > 0 ? (
              t("composer.tooLong", { count: excess, formatted: formatNumber(excess) })
            ) : (
              <span className="touch:sr-only">{t("composer.hint")}</span>
            )}
          </p>
          {onStop && (
            <Button onClick={onStop}>
              <Square size={12} className="fill-current" aria-hidden="true" />
              {t("chat.stop")}
              <kbd className="text-muted touch:hidden">esc</kbd>
            </Button>
          )}
          <Button tone="primary" isIcon type="submit" aria-label={t("composer.send")} aria-disabled={!canSend}>
            <ArrowUp size={16} />
          </Button>
        </div>
      </div>
    </form>
  );
}
