import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { buttonClass } from "../ui/button.tsx";
import { FullPage } from "../ui/full-page.tsx";
import { useTitle } from "../ui/use-title.ts";

export function NotFoundPage() {
  const { t } = useTranslation();
  useTitle(t("notFound.title"));
  return (
    <FullPage>
      <h1 className="font-semibold text-24">{t("notFound.title")}</h1>
      <p className="mt-2 mb-6 text-15 text-muted">{t("notFound.why")}</p>
      <Link to="/" className={buttonClass({ tone: "primary" })}>
        {t("notFound.home")}
      </Link>
    </FullPage>
  );
}
