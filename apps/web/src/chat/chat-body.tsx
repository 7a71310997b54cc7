import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp } from "../state/app-context.tsx";
import type { OpenThread } from "../state/app-state.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { Bone, useIsSlow } from "../ui/skeleton.tsx";
import { Starters } from "./starters.tsx";
import { ThreadView } from "./thread-view.tsx";

export interface ChatBodyProps {
  sessionId: string | undefined;
  open: OpenThread | undefined;
  onSend(text: string): void;
}

export function ChatBody({ sessionId, open, onSend }: ChatBodyProps) {
  const { t } = useTranslation();
  const { threads } = useApp();
  if (sessionId === undefined) return <Starters onSend={onSend} />;
  if (open === undefined || open.load === "loading") return <Loading />;
  if (open.load === "missing") {
    return (
      <Centered>
        <h2 className="font-semibold text-18">{t("chat.missingTitle")}</h2>
        <p className="mt-1 mb-5 text-muted">{t("chat.missing")}</p>
        <Link to="/" className={buttonClass({ tone: "primary" })}>
          {t("nav.newChat")}
        </Link>
      </Centered>
    );
  }
  if (open.load === "failed") {
    return (
      <Centered>
        <h2 className="mb-3 font-semibold text-18">{t("chat.loadFailed")}</h2>
        {open.problem && (
          <ProblemNote problem={open.problem}>
            <Button onClick={() => void threads.open(sessionId)}>{t("chat.tryAgain")}</Button>
          </ProblemNote>
        )}
      </Centered>
    );
  }
  if (open.thread.tasks.length === 0 && open.thread.pending.length === 0) {
    return (
      <Centered>
        <p className="text-muted">{t("chat.nothingYet")}</p>
      </Centered>
    );
  }
  return (
    <ThreadView
      key={sessionId}
      sessionId={sessionId}
      thread={open.thread}
      onEarlier={open.earlier === null ? null : () => threads.loadEarlier(sessionId)}
    />
  );
}

function Centered({ children }: { children: React.ReactNode }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col justify-center overflow-y-auto px-5">
      <div className="mx-auto w-full max-w-120">{children}</div>
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  const isSlow = useIsSlow(true);
  return (
    <div className="mx-auto w-full max-w-190 flex-1 px-4 pt-10 md:px-5">
      {isSlow && (
        <>
          <p className="sr-only" role="status">
            {t("chat.loading")}
          </p>
          <Bone className="mb-6 ml-auto h-11 w-60" />
          <Bone className="mb-2 h-4 w-full" />
          <Bone className="mb-2 h-4 w-11/12" />
          <Bone className="h-4 w-2/3" />
        </>
      )}
    </div>
  );
}
