import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog.tsx";

const list = [
  ["newChat", ["c"]],
  ["next", ["j"]],
  ["previous", ["k"]],
  ["message", ["m"]],
  ["send", ["Enter"]],
  ["line", ["Shift", "Enter"]],
  ["stop", ["Esc"]],
  ["help", ["?"]],
] as const;

export function ShortcutsDialog({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("shortcuts.title")}>
      <dl>
        {list.map(([name, keys]) => (
          <div key={name} className="flex items-center justify-between gap-4 border-b py-2 last:border-b-0">
            <dt>{t(`shortcuts.${name}`)}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded-control border border-strong bg-raised px-1.5 py-0.5 text-center"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
