import { isOver } from "@anywork/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useParams } from "react-router";
import { Banners } from "../chat/banners.tsx";
import { ChatBody } from "../chat/chat-body.tsx";
import { ChatHeader } from "../chat/chat-header.tsx";
import { Composer } from "../chat/composer.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { useApp, useAppState } from "../state/app-context.tsx";
import { hasSkippedWelcome } from "../state/welcome-skipped.ts";
import { Sheet } from "../ui/dialog.tsx";
import { ShortcutsDialog } from "../ui/shortcuts-dialog.tsx";
import { useIsPhone } from "../ui/use-media.ts";
import { useShortcuts } from "../ui/use-shortcuts.ts";
import { useTitle } from "../ui/use-title.ts";

/** The list of chats beside one of them, or beside the start of a new one. */
export function ChatPage() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { threads } = useApp();
  const navigate = useNavigate();
  const isPhone = useIsPhone();
  const field = useRef<HTMLTextAreaElement>(null);
  const [isNavOpen, setNavOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const open = useAppState((state) => (id === undefined ? undefined : state.threads[id]));
  const title = useAppState((state) => state.sessions?.find((one) => one.id === id)?.title) || t("chat.newTitle");
  const isConfigured = useAppState((state) => state.status?.provider.configured || state.status?.provider.demo);
  const running = open?.thread.tasks.find((task) => !isOver(task));
  useTitle(running === undefined ? title : `${t(`status.${running.status}`)} · ${title}`);

  useEffect(() => {
    if (id !== undefined) void threads.open(id);
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [id, threads]);

  const stop = useCallback(() => {
    if (running !== undefined) void threads.stop(running.taskId);
  }, [running, threads]);
  const step = useStep(id);
  useShortcuts({
    c: () => void navigate("/"),
    j: () => step(1),
    k: () => step(-1),
    m: () => field.current?.focus(),
    "?": () => setHelpOpen(true),
    Escape: stop,
  });

  const send = useCallback(
    (text: string) => {
      const sessionId = threads.say(id, text);
      if (id === undefined) void navigate(`/s/${sessionId}`);
    },
    [id, threads, navigate],
  );

  if (id === undefined && !isConfigured && !hasSkippedWelcome()) return <Navigate to="/welcome" replace />;
  const sidebar = <Sidebar onPick={() => setNavOpen(false)} onShortcuts={() => setHelpOpen(true)} />;
  return (
    <div className="flex h-full">
      {isPhone ? (
        <Sheet isOpen={isNavOpen} onClose={() => setNavOpen(false)} title={t("nav.label")}>
          {sidebar}
        </Sheet>
      ) : (
        <div className="w-65 shrink-0 border-r bg-surface">{sidebar}</div>
      )}
      <main className="flex min-w-0 flex-1 flex-col">
        <ChatHeader
          sessionId={open?.load === "ready" ? id : undefined}
          title={title}
          thread={open?.thread}
          onOpenNav={isPhone ? () => setNavOpen(true) : null}
        />
        <Banners />
        <ChatBody sessionId={id} open={open} onSend={send} />
        {open?.load !== "missing" && (
          <Composer
            draftKey={id ?? "new"}
            field={field}
            placeholder={t(
              running ? "composer.placeholderQueue" : id ? "composer.placeholderMore" : "composer.placeholder",
            )}
            onSend={send}
            onStop={running === undefined ? null : stop}
          />
        )}
      </main>
      <ShortcutsDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

/** To the next or previous chat of the list. */
function useStep(id: string | undefined): (by: 1 | -1) => void {
  const { store } = useApp();
  const navigate = useNavigate();
  return (by) => {
    const { sessions } = store.getState();
    if (sessions === null || sessions.length === 0) return;
    const at = sessions.findIndex((one) => one.id === id);
    const next = sessions[at === -1 ? 0 : Math.min(sessions.length - 1, Math.max(0, at + by))];
    if (next !== undefined && next.id !== id) void navigate(`/s/${encodeURIComponent(next.id)}`);
  };
}
