import type { ErrorCode, Session, StoredEvent, Task, TaskEvent, TaskStatus } from "@anywork/protocol";
import type { EventRunsTable, SessionsTable, TasksTable } from "../tables.ts";

type EventTuple = [wseq: number, timestamp: string, type: string, content: string, metadata: unknown];

export function toTask(row: TasksTable): Task {
  return {
    id: row.id,
    sessionId: row.session_id,
    channel: row.channel,
    agent: row.agent,
    status: row.status as TaskStatus,
    message: row.message,
    skills: JSON.parse(row.skills) as string[],
    mcpServers: JSON.parse(row.mcp_servers) as string[],
    attempt: row.attempt,
    workerId: row.worker_id,
    retryOf: row.retry_of,
    result: row.result,
    structuredOutput: row.structured_output === null ? null : (JSON.parse(row.structured_output) as unknown),
    error: row.error === null ? null : (JSON.parse(row.error) as { code: ErrorCode; message: string }),
    reason: row.reason,
    retryable: row.retryable === 1,
    costUsd: row.cost_usd,
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    numTurns: row.num_turns,
    durationMs: row.duration_ms,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

export function toSession(row: SessionsTable): Session {
  const { id, title, channel, agent } = row;
  const status = row.status as TaskStatus | null;
  return { id, title, channel, agent, createdAt: row.created_at, updatedAt: row.updated_at, status };
}

/** Packs events of a session, in order, into as few rows as their numbers allow. */
export function toRuns(events: readonly StoredEvent[]): EventRunsTable[] {
  const runs: { first: StoredEvent; last: StoredEvent; wseq: number; tuples: EventTuple[] }[] = [];
  for (const stored of events) {
    const { event } = stored;
    const tuple: EventTuple = [stored.wseq, stored.timestamp, event.type, event.content, event.metadata];
    const run = runs.at(-1);
    if (run && follows(run.last, stored)) {
      run.last = stored;
      run.wseq = Math.max(run.wseq, stored.wseq);
      run.tuples.push(tuple);
    } else runs.push({ first: stored, last: stored, wseq: stored.wseq, tuples: [tuple] });
  }
  return runs.map(({ first, last, wseq, tuples }) => ({
    session_id: first.sessionId,
    pos_first: first.pos,
    pos_last: last.pos,
    task_id: first.taskId,
    attempt: first.attempt,
    seq_first: first.seq,
    seq_last: last.seq,
    wseq_last: wseq,
    events: JSON.stringify(tuples),
  }));
}

function follows(before: StoredEvent, stored: StoredEvent): boolean {
  return (
    stored.taskId === before.taskId &&
    stored.attempt === before.attempt &&
    stored.seq === before.seq + 1 &&
    stored.pos === before.pos + 1
  );
}

export function fromRun(row: EventRunsTable): StoredEvent[] {
  const tuples = JSON.parse(row.events) as EventTuple[];
  return tuples.map(([wseq, timestamp, type, content, metadata], index) => ({
    sessionId: row.session_id,
    taskId: row.task_id,
    attempt: row.attempt,
    seq: Number(row.seq_first) + index,
    pos: Number(row.pos_first) + index,
    wseq,
    timestamp,
    event: { type, content, metadata } as TaskEvent,
  }));
}
