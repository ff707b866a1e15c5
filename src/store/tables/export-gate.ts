import type { Generated } from "kysely";
import type { At, Big, Json, Maybe, MaybeAt } from "./columns.ts";

export type Verdict = "pass" | "review" | "block";

interface ResultTable {
  id: string;
  job_id: string;
  content_hash: string;
  columns: Json;
  row_count: Big;
  /** Null once the result has expired. */
  content_sealed: Maybe<Buffer>;
  evidence_sealed: Maybe<Buffer>;
  evidence_hash: string;
  plan_digest: string;
  verdict: Verdict;
  created_at: At;
  expired_at: MaybeAt;
  held_at: MaybeAt;
}

export type ExportState = "in-review" | "blocked" | "rejected" | "approved" | "released" | "revoked";

interface ExportTable {
  id: string;
  result_id: string;
  job_id: string;
  agreement_id: string;
  operator_id: string;
  author_id: string;
  purpose: string;
  product_name: string;
  state: ExportState;
  content_hash: string;
  evidence_hash: string;
  verdict: Verdict;
  checks: Json;
  reviewers_needed: number;
  approvals: Generated<number>;
  created_at: At;
  decided_at: MaybeAt;
}

interface VoteTable {
  id: string;
  export_id: string;
  reviewer_id: string;
  decision: "approve" | "reject";
  reason: string;
  content_hash: string;
  evidence_hash: string;
  created_at: At;
}

interface PackageTable {
  id: string;
  export_id: string;
  copy_id: string | null;
  release_event_id: string;
  manifest: Json;
  created_at: At;
}

interface DownloadGrantTable {
  id: string;
  package_id: string;
  account_id: string;
  token_hash: Buffer;
  expires_at: At;
  used_at: MaybeAt;
  created_at: At;
}

export interface ExportGateTables {
  result: ResultTable;
  export: ExportTable;
  vote: VoteTable;
  package: PackageTable;
  download_grant: DownloadGrantTable;
}
