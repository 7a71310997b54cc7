import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useApp } from "../state/app-context.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Menu } from "../ui/menu.tsx";

export function SessionMenu({ id, title, className = "" }: { id: string; title: string; className?: string }) {
  const { t } = useTranslation();
  const { sessions, threads } = useApp();
  const navigate = useNavigate();
  const shown = useParams().id;
  const [isRenaming, setRenaming] = useState(false);

  function remove() {
    sessions.remove(id, { text: t("nav.deleted", { title }), undo: t("nav.undo") });
    if (shown !== id) return threads.forget(id);
    void navigate("/");
  }

  return (
    <>
      <Menu
        button={{
          tone: "quiet",
          isIcon: true,
          className,
          "aria-label": t("nav.actions", { title }),
          children: <Ellipsis size={16} />,
        }}
        entries={[
          { type: "action", key: "rename", label: t("nav.rename"), icon: Pencil, run: () => setRenaming(true) },
          { type: "action", key: "delete", label: t("nav.delete"), icon: Trash2, isDanger: true, run: remove },
        ]}
      />
      <Dialog isOpen={isRenaming} onClose={() => setRenaming(false)} title={t("nav.rename")}>
        <RenameForm id={id} title={title} onDone={() => setRenaming(false)} />
      </Dialog>
    </>
  );
}

function RenameForm({ id, title, onDone }: { id: string; title: string; onDone(): void }) {
  const { t } = useTranslation();
  const { sessions } = useApp();
  const [name, setName] = useState(title);

  function submit(event: FormEvent) {
    event.preventDefault();
    const next = name.trim();
    if (next === "") return;
    onDone();
    if (next !== title) void sessions.rename(id, next);
  }

  return (
    <form onSubmit={submit}>
      <Field
        label={t("nav.renameLabel")}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.target.value)}
        onFocus={(event) => event.target.select()}
        end={
          <Button tone="primary" type="submit" className="h-9" aria-disabled={name.trim() === ""}>
            {t("nav.rename")}
          </Button>
        }
      />
    </form>
  );
}
