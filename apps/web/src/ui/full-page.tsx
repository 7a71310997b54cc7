import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Logo } from "./logo.tsx";

/** A page of its own, without the sidebar. */
export function FullPage({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-120 flex-col px-5 py-10 md:pt-[14vh]">
        <header className="mb-8 flex items-center gap-2 font-semibold text-15">
          <Logo size={22} />
          {t("app.name")}
        </header>
        <main>{children}</main>
      </div>
    </div>
  );
}
