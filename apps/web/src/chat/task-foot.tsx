import { isOver, type TaskView } from "@anywork/client";
import { RotateCcw } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp } from "../state/app-context.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { StateLine } from "./state-line.tsx";

/** Failures that another key or model would mend. */
const needsModel = new Set(["provider_missing", "provider_auth", "provider_quota", "model_not_found"]);

const answerOf = (task: TaskView): string =>
  task.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");

/** The end of a task: what went wrong, how it stands, and what can be done with it. */
export const TaskFoot = memo(function TaskFoot({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const { threads } = useApp();
  const isDone = isOver(task);
  const answer = isDone ? answerOf(task) : "";
  return (
    <div className="pb-3">
      {task.status === "failed" && task.error && (
        <div className="pb-2">
          <ProblemNote problem={task.error}>
            {needsModel.has(task.error.code) && (
              <Link to="/welcome" className={buttonClass({ tone: "primary" })}>
                {t("banner.connect")}
              </Link>
            )}
            <Button onClick={() => void threads.runAgain(task.taskId)}>
              <RotateCcw size={14} aria-hidden="true" /> {t("chat.runAgain")}
            </Button>
          </ProblemNote>
        </div>
      )}
      {task.status === "completed" && task.parts.length === 0 && <p className="text-muted">{t("chat.emptyAnswer")}</p>}
      <div className="flex h-8 items-center gap-1 touch:h-11">
        <StateLine task={task} />
        {isDone && (
          <div className="ml-auto flex">
            {answer !== "" && <CopyButton text={answer} label={t("chat.copyAnswer")} />}
            {task.status !== "failed" && (
              <Button
                tone="quiet"
                isIcon
                aria-label={t("chat.runAgain")}
                title={t("chat.runAgain")}
                onClick={() => void threads.runAgain(task.taskId)}
              >
                <RotateCcw size={14} />
              </Button>
            )}
          </div>
        )}
      </div>
    </div>
  );
});
