import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useApp } from "../state/app-context.tsx";
import { skipWelcome } from "../state/welcome-skipped.ts";
import { Button } from "../ui/button.tsx";
import { FullPage } from "../ui/full-page.tsx";
import { useTitle } from "../ui/use-title.ts";
import { ModelStep } from "../welcome/model-step.tsx";
import { SafetyStep } from "../welcome/safety-step.tsx";
import { StartStep } from "../welcome/start-step.tsx";

const steps = [ModelStep, SafetyStep, StartStep] as const;

/** First run: a model, how tools run, a first task. Every step can be skipped; all of it can be found again. */
export function WelcomePage() {
  const { t } = useTranslation();
  const { threads } = useApp();
  const navigate = useNavigate();
  const [at, setAt] = useState(0);
  useTitle(t("welcome.title"));
  const Step = steps[at] ?? StartStep;

  function next() {
    if (at < steps.length - 1) return setAt(at + 1);
    skipWelcome();
    void navigate("/");
  }

  function ask(text: string) {
    skipWelcome();
    void navigate(`/s/${threads.say(undefined, text)}`);
  }

  return (
    <FullPage>
      <div className="mb-6 flex items-center justify-between">
        <p className="tabular text-12 text-muted">{t("welcome.step", { n: at + 1, of: steps.length })}</p>
        <Button tone="quiet" onClick={next}>
          {t("welcome.skip")}
        </Button>
      </div>
      <Step onNext={next} onAsk={ask} />
    </FullPage>
  );
}
