import { FlaskConical, type LucideIcon, PlugZap, ShieldAlert, ShieldOff, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp, useAppState } from "../state/app-context.tsx";
import { useNow } from "../ui/use-now.ts";

/** What is not as it should be, plainly, until it is no longer true. */
export function Banners() {
  const { t } = useTranslation();
  const status = useAppState((state) => state.status);
  if (status === null) return null;
  const { provider, sandbox, auth, gateway, store } = status;
  return (
    <section aria-label={t("banner.label")} className="shrink-0">
      <ConnectionBanner />
      {provider.demo && (
        <Banner icon={FlaskConical} tone="info">
          {t("banner.demo")} <Connect />
        </Banner>
      )}
      {!provider.configured && !provider.demo && (
        <Banner icon={PlugZap} tone="warn">
          {t("banner.noProvider")} <Connect />
        </Banner>
      )}
      {sandbox.kind === "none" && (
        <Banner icon={ShieldAlert} tone="warn">
          {t("banner.sandbox")} {sandbox.hint && <span className="text-muted">{sandbox.hint}</span>}
        </Banner>
      )}
      {auth === "off" && (
        <Banner icon={ShieldOff} tone="warn">
          {t("banner.authOff")}
        </Banner>
      )}
      {!store.healthy && (
        <Banner icon={ShieldAlert} tone="warn">
          {t("banner.store", { message: store.message ?? "" })}
        </Banner>
      )}
      {!gateway.healthy && provider.configured && (
        <Banner icon={PlugZap} tone="warn">
          {t("banner.gateway")}
        </Banner>
      )}
    </section>
  );
}

function Connect() {
  const { t } = useTranslation();
  return (
    <Link to="/welcome" className="whitespace-nowrap font-medium underline underline-offset-3 touch:py-3">
      {t("banner.connect")}
    </Link>
  );
}

function ConnectionBanner() {
  const { t } = useTranslation();
  const { reconnect } = useApp();
  const connection = useAppState((state) => state.connection);
  if (connection.name !== "reconnecting") return null;
  return (
    <Banner icon={WifiOff} tone="warn">
      <span role="status">
        {connection.inMs > 0 ? <Countdown ms={connection.inMs} key={connection.attempt} /> : t("connection.lostNow")}
      </span>{" "}
      <button type="button" className="font-medium underline underline-offset-3 touch:py-3" onClick={reconnect}>
        {t("connection.retry")}
      </button>
    </Banner>
  );
}

function Countdown({ ms }: { ms: number }) {
  const { t } = useTranslation();
  const now = useNow(true, 250);
  const until = useAppState((state) => state.connectionUntil);
  const seconds = Math.max(1, Math.ceil((until === 0 ? ms : until - now) / 1000));
  return t("connection.lostIn", { seconds });
}

function Banner({ icon: Icon, tone, children }: { icon: LucideIcon; tone: "info" | "warn"; children: ReactNode }) {
  const colours = tone === "info" ? "bg-info-soft" : "bg-warn-soft";
  return (
    <div className={`flex gap-2.5 border-b px-4 py-1.5 text-12 md:px-5 ${colours}`}>
      <Icon size={14} aria-hidden="true" className={`mt-px shrink-0 ${tone === "info" ? "text-info" : "text-warn"}`} />
      <p className="min-w-0">{children}</p>
    </div>
  );
}
