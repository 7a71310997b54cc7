import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../state/app-state.ts";

/** What happened, what to do, the code small beside it. */
export function ProblemNote({ problem, children }: { problem: Problem; children?: ReactNode }) {
  return (
    <div role="alert" className="flex gap-3 rounded-card bg-danger-soft px-4 py-3">
      <CircleAlert size={16} className="mt-0.5 shrink-0 text-danger" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="break-words">
          <span className="font-medium">{problem.message}</span>{" "}
          <code className="font-mono text-12 text-muted">{problem.code}</code>
        </p>
        {problem.hint && <p className="mt-0.5 break-words text-muted">{problem.hint}</p>}
        {children && <div className="mt-3 flex flex-wrap gap-2">{children}</div>}
      </div>
    </div>
  );
}
