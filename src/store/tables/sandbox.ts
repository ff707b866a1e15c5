import type { Generated } from "kysely";
import type { At, Json, Maybe, MaybeAt } from "./columns.ts";

interface ProvisionTable {
  id: string;
  agreement_version_id: string;
  resource_versions: Json;
  schema: Json;
  copy_id: string;
  created_at: At;
}

export type JobState = "queued" | "running" | "done" | "refused" | "failed" | "cancelled" | "interrupted";

interface JobTable {
  id: string;
  agreement_id: string;
  agreement_version_id: string;
  author_id: string;
  operator_id: string;
  purpose: string;
  state: JobState;
  sql_sealed: Buffer;
  sql_hash: string;
  provision_id: string | null;
  plan_digest: string | null;
  answer: Json | null;
  fence: Generated<string>;
  claimed_by: string | null;
  heartbeat_at: MaybeAt;
  cancel_requested: Generated<boolean>;
  submitted_at: At;
  started_at: MaybeAt;
  finished_at: MaybeAt;
  parameters_sealed: Maybe<Buffer>;
  query_id: Maybe<string>;
  query_version: Maybe<number>;
  labels: Generated<string[]>;
  /** 0 low, 1 normal, 2 high; within one operator. */
  priority: Generated<number>;
  slot: Maybe<number>;
  place: Maybe<number>;
}

export type QueryVisibility = "author" | "operator";

interface SavedQueryTable {
  id: string;
  agreement_id: string;
  operator_id: string;
  author_id: string;
  title: string;
  visibility: QueryVisibility;
  newest: number;
  created_at: At;
}

interface SavedQueryVersionTable {
  query_id: string;
  number: number;
  sql_sealed: Buffer;
  sql_hash: string;
  created_at: At;
}

export type DailyUseKind = "job" | "explain";

interface DailyUseTable {
  operator_id: string;
  /** `YYYY-MM-DD` in Asia/Shanghai. */
  day: string;
  kind: DailyUseKind;
  used: number;
}

export interface SandboxTables {
  provision: ProvisionTable;
  job: JobTable;
  saved_query: SavedQueryTable;
  saved_query_version: SavedQueryVersionTable;
  daily_use: DailyUseTable;
}
