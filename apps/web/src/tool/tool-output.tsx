import type { ToolView } from "@anywork/client";
import { Download, WrapText } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "../i18n/format.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { ansiPieces, plain } from "./ansi.ts";

/** Beyond this many lines only the end is drawn until asked for; the download has all of it. */
const drawnLines = 200;

function download(text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "output.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function ToolOutput({ tool, isRunning }: { tool: ToolView; isRunning: boolean }) {
  const { t } = useTranslation();
  const [isWrapped, setWrapped] = useState(true);
  const [isWhole, setWhole] = useState(false);
  const [query, setQuery] = useState("");
  const output = tool.output ?? tool.live;
  const lines = output.replace(/\n$/, "").split("\n");
  const isLong = lines.length > drawnLines;
  const found = query === "" ? lines : lines.filter((line) => plain(line).toLowerCase().includes(query.toLowerCase()));
  const drawn = isWhole || query !== "" ? found.slice(-5000) : found.slice(-drawnLines);
  if (output === "") {
    return isRunning ? null : <p className="border-t px-4 py-3 text-12 text-muted">{t("tool.noOutput")}</p>;
  }
  return (
    <div className="border-t">
      <div className="flex items-center gap-1 py-1 pr-1 pl-4 text-12 text-muted">
        <span className="min-w-0 flex-1 truncate">
          {query === ""
            ? t("tool.lines", { count: lines.length })
            : t("tool.found", { count: found.length, lines: formatNumber(lines.length) })}
        </span>
        {lines.length > 12 && (
          <input
            type="search"
            aria-label={t("tool.find")}
            placeholder={t("tool.find")}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            className="h-7 w-40 min-w-0 rounded-control border border-strong bg-bg px-2 text-12 text-text touch:h-11"
          />
        )}
        <Button
          tone="quiet"
          isIcon
          aria-pressed={isWrapped}
          aria-label={t("tool.wrap")}
          title={t("tool.wrap")}
          onClick={() => setWrapped(!isWrapped)}
        >
          <WrapText size={14} className={isWrapped ? "text-accent" : ""} />
        </Button>
        {isLong && (
          <Button
            tone="quiet"
            isIcon
            aria-label={t("tool.download")}
            title={t("tool.download")}
            onClick={() => download(plain(output))}
          >
            <Download size={14} />
          </Button>
        )}
        <CopyButton text={plain(output)} label={t("tool.copyOutput")} />
      </div>
      {isLong && !isWhole && query === "" && (
        <Button tone="quiet" className="ml-1" onClick={() => setWhole(true)}>
          {t("tool.showAll", { lines: formatNumber(lines.length) })}
        </Button>
      )}
      <OutputText text={drawn.join("\n")} isWrapped={isWrapped} follows={isRunning} />
    </div>
  );
}

function OutputText({ text, isWrapped, follows }: { text: string; isWrapped: boolean; follows: boolean }) {
  const { t } = useTranslation();
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follows && text !== "") box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [follows, text]);
  return (
    <pre
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={t("tool.output")}
      className={`max-h-80 overflow-auto px-4 pb-3 font-mono text-12 leading-[1.6] ${isWrapped ? "whitespace-pre-wrap break-all" : ""}`}
    >
      {ansiPieces(text).map((piece, i) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: output only grows
          key={i}
          className={piece.isBold ? "font-semibold" : ""}
          {...(piece.colour && { style: { color: piece.colour } })}
        >
          {piece.text}
        </span>
      ))}
    </pre>
  );
}
