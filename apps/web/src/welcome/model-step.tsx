import { Check, FlaskConical, KeyRound, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAppState } from "../state/app-context.tsx";
import type { Problem } from "../state/app-state.ts";
import { toProblem } from "../state/problem.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { KeyForm } from "./key-form.tsx";
import type { StepProps } from "./step.ts";
import { StepTitle } from "./step-title.tsx";

export function ModelStep({ onNext }: StepProps) {
  const { t } = useTranslation();
  const { api, refreshStatus } = useApp();
  const provider = useAppState((state) => state.status?.provider);
  const [isPasting, setPasting] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isFixed = provider?.source === "config";

  async function startDemo() {
    setBusy(true);
    setProblem(null);
    try {
      await api.call("useDemo");
      await refreshStatus();
      onNext();
    } catch (thrown) {
      setProblem(toProblem(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <StepTitle title={t("welcome.modelTitle")} why={t("welcome.modelWhy")} />
      {provider && (provider.configured || provider.demo) && (
        <p className="mb-4 flex items-center gap-2 rounded-card bg-ok-soft px-4 py-3">
          <Check size={16} className="shrink-0 text-ok" aria-hidden="true" />
          <span className="min-w-0 flex-1">
            {isFixed
              ? t("welcome.fixed", { name: provider.name ?? "" })
              : provider.demo
                ? t("welcome.demoOn")
                : t("welcome.connected", { name: provider.name ?? "" })}
          </span>
          <Button onClick={onNext}>{t("welcome.next")}</Button>
        </p>
      )}
      {problem && (
        <div className="mb-4">
          <ProblemNote problem={problem} />
        </div>
      )}
      {!isFixed && (
        <div className="divide-y rounded-card border bg-surface">
          <Choice
            icon={KeyRound}
            title={t("welcome.paste")}
            why={t("welcome.pasteWhy")}
            isOpen={isPasting}
            onClick={() => setPasting(!isPasting)}
          />
          {isPasting && <KeyForm onConnected={onNext} />}
          <Choice
            icon={FlaskConical}
            title={t("welcome.demo")}
            why={t("welcome.demoWhy")}
            isBusy={isBusy}
            onClick={() => void startDemo()}
          />
        </div>
      )}
    </>
  );
}

interface ChoiceProps {
  icon: LucideIcon;
  title: string;
  why: string;
  isOpen?: boolean;
  isBusy?: boolean;
  onClick(): void;
}

function Choice({ icon: Icon, title, why, isOpen, isBusy = false, onClick }: ChoiceProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      disabled={isBusy}
      {...(isOpen !== undefined && { "aria-expanded": isOpen })}
      className="flex w-full gap-4 px-4 py-4 text-left transition-colors duration-120 first:rounded-t-card last:rounded-b-card hover:bg-raised focus-visible:outline-offset-[-2px]"
    >
      <Icon size={18} className="mt-0.5 shrink-0 text-accent" aria-hidden="true" />
      <span>
        <span className="block font-medium text-15">{title}</span>
        <span className="mt-0.5 block text-muted">{why}</span>
      </span>
    </button>
  );
}
