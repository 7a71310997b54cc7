import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAppState } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";
import type { StepProps } from "./step.ts";
import { StepTitle } from "./step-title.tsx";

const looks = {
  bubblewrap: { icon: ShieldCheck, tone: "text-ok", title: "welcome.sandboxOk" },
  none: { icon: ShieldAlert, tone: "text-warn", title: "welcome.sandboxNone" },
  unknown: { icon: ShieldQuestion, tone: "text-muted", title: "welcome.sandboxUnknown" },
} as const;

export function SafetyStep({ onNext }: StepProps) {
  const { t } = useTranslation();
  const { refreshStatus } = useApp();
  const sandbox = useAppState((state) => state.status?.sandbox);
  const [wasChecked, setChecked] = useState(false);
  const { icon: Icon, tone, title } = looks[sandbox?.kind ?? "unknown"];
  const check = () => void refreshStatus().then(() => setChecked(true));
  return (
    <>
      <StepTitle title={t("welcome.safetyTitle")} why={t("welcome.safetyWhy")} />
      <div className="flex gap-4 rounded-card border bg-surface px-4 py-4">
        <Icon size={18} className={`mt-0.5 shrink-0 ${tone}`} aria-hidden="true" />
        <div className="min-w-0">
          <p className="font-medium text-15">{t(title)}</p>
          {sandbox?.kind === "bubblewrap" && <p className="mt-0.5 text-muted">{t("welcome.sandboxOkWhy")}</p>}
          {sandbox?.kind === "none" && <p className="mt-0.5 text-muted">{t("banner.sandbox")}</p>}
          {sandbox?.reason && <p className="mt-2 break-words text-muted">{sandbox.reason}</p>}
          {sandbox?.hint && <p className="mt-2 break-words">{sandbox.hint}</p>}
        </div>
      </div>
      <div className="mt-6 flex items-center gap-2">
        <Button tone="primary" onClick={onNext}>
          {t("welcome.next")}
        </Button>
        {sandbox?.kind !== "bubblewrap" && <Button onClick={check}>{t("welcome.checkAgain")}</Button>}
        <span role="status" className="text-12 text-muted">
          {wasChecked && t("welcome.checkedNow")}
        </span>
      </div>
    </>
  );
}
