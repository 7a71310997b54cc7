// The schema of the database, the same for every dialect. JSON lies in text columns; instants are ISO-8601 UTC texts.

import type { GatewayUsage } from "@anywork/protocol";

export interface Tables {
  sessions: SessionsTable;
  tasks: TasksTable;
  event_runs: EventRunsTable;
  deliveries: DeliveriesTable;
  sign_ins: SignInsTable;
  settings: SettingsTable;
  /** Columns as the gateway names them. */
  model_calls: GatewayUsage;
}

export interface SessionsTable {
  id: string;
  title: string;
  channel: string;
  agent: string;
  created_at: string;
  updated_at: string;
  status: string | null;
  /** Fencing: grows with each claim; a write with an older one is refused. */
  lease_token: number;
}

export interface TasksTable {
  id: string;
  session_id: string;
  channel: string;
  agent: string;
  status: string;
  message: string;
  skills: string;
  mcp_servers: string;
  attempt: number;
  worker_id: string | null;
  retry_of: string | null;
  result: string | null;
  structured_output: string | null;
  error: string | null;
  reason: string | null;
  retryable: number;
  cost_usd: number;
  input_tokens: number;
  output_tokens: number;
  num_turns: number;
  duration_ms: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** One row holds a run of events of one task that follow each other both in the task and in the session. */
export interface EventRunsTable {
  session_id: string;
  pos_first: number;
  pos_last: number;
  task_id: string;
  attempt: number;
  seq_first: number;
  seq_last: number;
  wseq_last: number;
  /** JSON: [wseq, timestamp, type, content, metadata][] */
  events: string;
}

/** What makes a repeated delivery the same task. */
export interface DeliveriesTable {
  scope: string;
  key: string;
  task_id: string;
  digest: string;
  created_at: string;
}

export interface SignInsTable {
  hash: string;
  created_at: string;
  expires_at: string;
}

export interface SettingsTable {
  key: string;
  value: string;
}
