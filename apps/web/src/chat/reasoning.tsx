import { ChevronRight } from "lucide-react";
import { memo, useId } from "react";
import { useTranslation } from "react-i18next";

export interface ReasoningProps {
  text: string;
  isStreaming: boolean;
  isOpen: boolean;
  onToggle(): void;
}

/** What the model thought, folded: there for who wants it. */
export const Reasoning = memo(function Reasoning({ text, isStreaming, isOpen, onToggle }: ReasoningProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={onToggle}
        className="-ml-1.5 flex h-7 items-center gap-1.5 rounded-control px-1.5 text-muted hover:text-text touch:h-11"
      >
        <ChevronRight
          size={14}
          aria-hidden="true"
          className={`transition-transform duration-120 ${isOpen ? "rotate-90" : ""}`}
        />
        <span className={isStreaming ? "animate-pulse" : ""}>
          {isStreaming ? t("chat.thinking") : t("chat.thought")}
        </span>
      </button>
      <div
        id={id}
        hidden={!isOpen}
        className="mt-1 ml-1.5 whitespace-pre-wrap break-words border-l pl-4 text-13 text-muted leading-[1.6]"
      >
        {isOpen && text.trim()}
      </div>
    </div>
  );
});
