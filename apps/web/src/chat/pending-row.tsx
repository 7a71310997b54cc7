import type { PendingMessage } from "@anywork/client";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";
import { Bubble } from "./user-message.tsx";

/** A message that the hub has not confirmed yet, or has not taken. It is never thrown away silently. */
export function PendingRow({ sessionId, message }: { sessionId: string; message: PendingMessage }) {
  const { t } = useTranslation();
  const { threads } = useApp();
  const { id, text, state, error } = message;
  return (
    <Bubble text={text} isFaint={state !== "sending"}>
      {state === "sending" ? (
        <span className="animate-in">{t("chat.sending")}</span>
      ) : (
        <div role="alert" className="flex flex-wrap items-center justify-end gap-2">
          <span className="flex items-center gap-1.5 text-danger">
            <CircleAlert size={13} aria-hidden="true" />
            {state === "not_sent" ? t("chat.notSent") : (error?.message ?? t("chat.refused"))}
            {state === "refused" && <code className="font-mono text-muted">{error?.code}</code>}
          </span>
          {state === "refused" && error?.hint && <span>{error.hint}</span>}
          <Button onClick={() => threads.sayAgain(sessionId, id)}>{t("chat.sendAgain")}</Button>
          <Button tone="quiet" onClick={() => threads.discard(sessionId, id)}>
            {t("chat.discard")}
          </Button>
        </div>
      )}
    </Bubble>
  );
}
