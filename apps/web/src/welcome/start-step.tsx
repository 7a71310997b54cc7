import { useTranslation } from "react-i18next";
import { StarterList } from "../chat/starters.tsx";
import { Button } from "../ui/button.tsx";
import type { StepProps } from "./step.ts";
import { StepTitle } from "./step-title.tsx";

export function StartStep({ onNext, onAsk }: StepProps) {
  const { t } = useTranslation();
  return (
    <>
      <StepTitle title={t("welcome.startTitle")} why={t("welcome.startWhy")} />
      <StarterList onSend={onAsk} />
      <div className="mt-6">
        <Button onClick={onNext}>{t("welcome.open")}</Button>
      </div>
    </>
  );
}
