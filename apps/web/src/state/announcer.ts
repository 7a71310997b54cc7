// Sentences for screen readers: when something begins, waits or ends. Never the stream itself.
import type { HubFrame } from "@anywork/protocol";
import type { TFunction } from "i18next";
import type { AppStore } from "./app-state.ts";

const maxLength = 200;

export function createAnnouncer(store: AppStore, t: TFunction): (frames: readonly HubFrame[], shown: string) => void {
  function sentence(frame: HubFrame): string | undefined {
    const { kind, status, position } = frame.metadata ?? {};
    if (frame.type === "status" && kind === "running") return t("say.working");
    if (frame.type === "status" && kind === "queued" && Number(position) > 0) {
      return t("say.queued", { count: Number(position) });
    }
    if (frame.type === "error" && frame.task_id !== undefined) return t("say.failed", { text: frame.content });
    if (frame.type !== "done") return undefined;
    if (status === "canceled") return t("say.stopped");
    return status === "completed" ? t("say.done", { text: String(frame.metadata.result ?? "") }) : undefined;
  }

  return (frames, shown) => {
    const said = frames.filter((frame) => frame.session_id === shown).map(sentence);
    const last = said.findLast((one) => one !== undefined);
    if (last !== undefined) store.setState({ announcement: last.slice(0, maxLength) });
  };
}
