import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "../state/app-context.tsx";
import type { Problem } from "../state/app-state.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field } from "../ui/field.tsx";
import { FullPage } from "../ui/full-page.tsx";
import { useTitle } from "../ui/use-title.ts";

const command = "npx anywork token --link";

export function SignInPage({ problem }: { problem: Problem | null }) {
  const { t } = useTranslation();
  const { auth } = useApp();
  const [pasted, setPasted] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isExpired = problem?.code === "unauthorized" || problem?.code === "not_found";
  useTitle(t("signIn.title"));

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (pasted.trim() === "" || isBusy) return;
    setBusy(true);
    await auth.signIn(pasted);
    setBusy(false);
  }

  return (
    <FullPage>
      <h1 className="font-semibold text-24">{isExpired ? t("signIn.usedTitle") : t("signIn.title")}</h1>
      <p className="mt-2 text-15 text-muted">{isExpired ? t("signIn.used") : t("signIn.why")}</p>
      {problem && (
        <p role="alert" className="mt-3 text-danger">
          {problem.message} <code className="font-mono text-12 text-muted">{problem.code}</code>
        </p>
      )}
      <p className="mt-8 mb-2">{t("signIn.how")}</p>
      <div className="flex items-center justify-between gap-2 rounded-card border bg-surface py-1 pr-1 pl-4">
        <code className="overflow-x-auto whitespace-nowrap font-mono">{command}</code>
        <CopyButton text={command} label={t("chat.copy")} />
      </div>
      <form className="mt-8" onSubmit={submit}>
        <p className="mb-4">{t("signIn.paste")}</p>
        <Field
          label={t("signIn.field")}
          value={pasted}
          onChange={(event) => setPasted(event.target.value)}
          autoComplete="off"
          spellCheck={false}
          end={
            <Button tone="primary" type="submit" aria-disabled={isBusy} className="h-9">
              {isBusy ? t("signIn.busy") : t("signIn.submit")}
            </Button>
          }
        />
      </form>
    </FullPage>
  );
}
