import { ArrowUpRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAppState } from "../state/app-context.tsx";

/** The start of a new chat: what this is, and something to begin with. */
export function Starters({ onSend }: { onSend(text: string): void }) {
  const { t } = useTranslation();
  const isDemo = useAppState((state) => state.status?.provider.demo ?? false);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-4 py-8 md:px-5">
      <div className="mx-auto my-auto w-full max-w-150">
        <h2 className="font-semibold text-24 tracking-[-0.01em]">{t("home.title")}</h2>
        <p className="mt-2 max-w-120 text-15 text-muted">{t("home.why")}</p>
        {isDemo && <p className="mt-8 font-medium">{t("home.demoTitle")}</p>}
        <StarterList onSend={onSend} />
      </div>
    </div>
  );
}

export function StarterList({ onSend }: { onSend(text: string): void }) {
  const { t } = useTranslation();
  const status = useAppState((state) => state.status);
  const isDemo = status?.provider.demo ?? false;
  const examples = t("home.examples", { returnObjects: true });
  const list = isDemo && status !== null ? status.demoPrompts : examples;
  return (
    <ul className="mt-4 divide-y rounded-card border bg-surface">
      {list.map(({ title, prompt }) => (
        <li key={title} className="group">
          <button
            type="button"
            onClick={() => onSend(prompt)}
            className="flex min-h-11 w-full items-center gap-4 px-4 py-3 text-left transition-colors duration-120 hover:bg-raised focus-visible:outline-offset-[-2px] group-first:rounded-t-card group-last:rounded-b-card"
          >
            <span className="min-w-0 flex-1">
              <span className="block font-medium">{title}</span>
              <span className="line-clamp-2 block break-words text-muted">{prompt}</span>
            </span>
            <ArrowUpRight size={16} className="shrink-0 text-muted" aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}
