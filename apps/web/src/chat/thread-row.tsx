import { isOver } from "@anywork/client";
import { memo } from "react";
import { Markdown } from "../markdown/markdown.tsx";
import { ToolCard } from "../tool/tool-card.tsx";
import { PendingRow } from "./pending-row.tsx";
import { Reasoning } from "./reasoning.tsx";
import type { Row } from "./rows.ts";
import { TaskFoot } from "./task-foot.tsx";
import { UserMessage } from "./user-message.tsx";

export interface ThreadRowProps {
  sessionId: string;
  row: Row;
  isOpen: boolean;
  toggle(key: string): void;
}

export const ThreadRow = memo(
  function ThreadRow({ sessionId, row, isOpen, toggle }: ThreadRowProps) {
    switch (row.kind) {
      case "user":
        return <UserMessage task={row.task} ahead={row.ahead} />;
      case "foot":
        return <TaskFoot task={row.task} />;
      case "pending":
        return <PendingRow sessionId={sessionId} message={row.message} />;
      case "part":
        return (
          <div className={row.part.type === "text" ? "pt-1.5 pb-3.5" : "pb-2"}>
            <Part row={row} isOpen={isOpen} toggle={() => toggle(row.key)} />
          </div>
        );
    }
  },
  // Rows of a task that did not change are the same objects; toggle only sets state.
  (before, after) => before.row === after.row && before.isOpen === after.isOpen,
);

interface PartProps {
  row: Extract<Row, { kind: "part" }>;
  isOpen: boolean;
  toggle(): void;
}

function Part({ row: { part, task, isLast }, isOpen, toggle }: PartProps) {
  const isLive = !isOver(task) && task.status !== "pending";
  switch (part.type) {
    case "text":
      return <Markdown text={part.text} isStreaming={isLive && isLast} />;
    case "reasoning":
      return <Reasoning text={part.text} isStreaming={isLive && isLast} isOpen={isOpen} onToggle={toggle} />;
    case "tool":
      return <ToolCard tool={part.tool} isLive={isLive} isOpen={isOpen} onToggle={toggle} />;
  }
}
