import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";
import { FullPage } from "../ui/full-page.tsx";

export function UnreachablePage() {
  const { t } = useTranslation();
  const { auth } = useApp();
  useEffect(() => {
    const timer = setInterval(() => void auth.check(), 2000);
    return () => clearInterval(timer);
  }, [auth]);
  return (
    <FullPage>
      <h1 className="font-semibold text-24">{t("connection.unreachable")}</h1>
      <p className="mt-2 mb-6 text-15 text-muted">{t("connection.unreachableWhy")}</p>
      <Button tone="primary" onClick={() => void auth.check()}>
        {t("connection.retry")}
      </Button>
    </FullPage>
  );
}
