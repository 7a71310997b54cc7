import { memo, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton } from "../ui/copy-button.tsx";
import type { ColouredLine } from "./highlight.ts";

export interface CodeBlockProps {
  code: string;
  language: string;
  /** Still being written: colours come when it is closed. */
  isOpen: boolean;
  /** No frame of its own: it stands in a card. */
  isBare?: boolean;
}

/** Longer code stays plain: colouring it would hold up the page. */
const colouredMax = 60_000;

/** The highlighter is loaded with the first closed block, not with the page. */
function useColours(code: string, language: string, isOpen: boolean): ColouredLine[] | null {
  const [done, setDone] = useState<{ code: string; lines: ColouredLine[] | null }>({ code: "", lines: null });
  useEffect(() => {
    if (isOpen || language === "" || code.length > colouredMax) return;
    let isCurrent = true;
    import("./highlight.ts")
      .then(({ highlight }) => highlight(code, language))
      .then((lines) => isCurrent && setDone({ code, lines }))
      .catch(() => isCurrent && setDone({ code, lines: null })); // plain text is fine, too
    return () => {
      isCurrent = false;
    };
  }, [code, language, isOpen]);
  return done.code === code ? done.lines : null;
}

export const CodeBlock = memo(function CodeBlock({ code, language, isOpen, isBare = false }: CodeBlockProps) {
  const { t } = useTranslation();
  const name = language.split(/\s/)[0] ?? "";
  const lines = useColours(code, name, isOpen);
  const body = (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre tabIndex={0} className="overflow-x-auto px-4 py-3 font-mono text-13 leading-[1.55] [overflow-wrap:normal]">
      <code>{lines === null ? code : lines.map(colouredLine)}</code>
    </pre>
  );
  if (isBare) return body;
  return (
    <figure className="overflow-hidden rounded-card border bg-surface">
      <figcaption className="flex h-9 items-center justify-between border-b pr-1 pl-4 text-12 text-muted touch:h-11">
        <span>{name || t("chat.plainText")}</span>
        <CopyButton text={code} label={t("chat.copyCode")} />
      </figcaption>
      {body}
    </figure>
  );
});

function colouredLine(line: ColouredLine, i: number) {
  return (
    <span key={i}>
      {i > 0 && "\n"}
      {line.map(({ content, colour }, j) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: closed code does not change
        <span key={j} {...(colour && { style: { color: colour } })}>
          {content}
        </span>
      ))}
    </span>
  );
}
