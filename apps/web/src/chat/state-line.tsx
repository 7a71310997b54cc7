import type { TaskView } from "@anywork/client";
import { Check, Hand, Square, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDuration, formatElapsed, formatNumber } from "../i18n/format.ts";
import { useNow } from "../ui/use-now.ts";

/** How a task stands, in words that are true now: running 0:42, retrying in 5 s, done in 12 s. */
export function StateLine({ task }: { task: TaskView }) {
  return (
    <p data-state={task.status} className="tabular flex min-w-0 items-center gap-1.5 truncate text-12 text-muted">
      <State task={task} />
    </p>
  );
}

function State({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  switch (task.status) {
    case "pending":
      return task.wasLost ? (
        <>
          <TriangleAlert size={13} className="text-warn" aria-hidden="true" /> {t("state.lost")}
        </>
      ) : (
        <>
          <Dot /> {t("state.starting")}
        </>
      );
    case "running":
      return task.retrying === null ? <Running task={task} /> : <Retrying retrying={task.retrying} />;
    case "input_required":
      return (
        <>
          <Hand size={13} className="text-warn" aria-hidden="true" /> {t("state.waiting")}
        </>
      );
    case "completed":
      return (
        <>
          <Check size={13} className="text-ok" aria-hidden="true" /> {t("state.done")} <Facts task={task} />
        </>
      );
    case "failed":
      return (
        <>
          <TriangleAlert size={13} className="text-danger" aria-hidden="true" /> {t("state.failed")}{" "}
          <Facts task={task} />
        </>
      );
    case "canceled":
      return (
        <>
          <Square size={12} aria-hidden="true" /> {t("state.stopped")} <Facts task={task} />
        </>
      );
  }
}

function Dot({ tone = "bg-info" }: { tone?: string }) {
  return <span aria-hidden="true" className={`mx-0.5 size-2 shrink-0 animate-pulse rounded-full ${tone}`} />;
}

function Running({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const now = useNow(true);
  const elapsed = task.startedAt === null ? "" : formatElapsed(now - new Date(task.startedAt).getTime());
  return (
    <>
      <Dot /> {task.canceling ? t("state.stopping") : t("state.running")} {elapsed}
    </>
  );
}

const reasons = new Set([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_unreachable",
  "provider_error",
  "provider_stalled",
  "provider_protocol",
]);

function Retrying({ retrying }: { retrying: NonNullable<TaskView["retrying"]> }) {
  const { t } = useTranslation();
  const now = useNow(true, 250);
  // The delay counts from when its notice came: the value is a new object with every notice.
  const [until, setUntil] = useState(() => Date.now() + retrying.delayMs);
  useEffect(() => setUntil(Date.now() + retrying.delayMs), [retrying]);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const code = reasons.has(retrying.code) ? retrying.code : "provider_error";
  const why = t(`state.${code as "provider_error"}`);
  return (
    <>
      <Dot tone="bg-warn" />
      <span className="truncate">
        {seconds > 0 ? t("state.retryingIn", { why, seconds }) : t("state.retryingNow", { why })}
      </span>
      {retrying.of > 0 && <span>· {t("state.retryCount", retrying)}</span>}
    </>
  );
}

function Facts({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const { outcome, usage } = task;
  const tokens = usage.inputTokens + usage.outputTokens;
  const money = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
  const facts = [
    outcome !== null && outcome.duration_ms > 0 ? formatDuration(outcome.duration_ms) : null,
    tokens > 0 ? t("state.tokens", { count: tokens, formatted: formatNumber(tokens) }) : null,
    outcome !== null && outcome.cost_usd > 0 ? money.format(outcome.cost_usd) : null,
  ];
  return facts.filter((fact) => fact !== null).map((fact) => <span key={fact}>· {fact}</span>);
}
