import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { JsonValue } from "../kernel/index.ts";

/** A jsonb column: read as parsed JSON, written as JSON text (`JSON.stringify`). */
type Json<T extends JsonValue | object = JsonValue> = ColumnType<T, string, string>;
/** A bigint column: read as decimal text (pg does not round), written as number or text. */
type Big = ColumnType<string, number | string, number | string>;
type At = ColumnType<Date, Date, Date>;
type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>;
type MaybeAt = ColumnType<Date | null, Date | null | undefined, Date | null>;
type MaybeText<T extends string = string> = ColumnType<T | null, T | null | undefined, T | null>;

export type OrganisationKind = "source-unit" | "agency" | "operator" | "authority" | "regulator" | "platform";

export interface OrganisationTable {
  id: string;
  kind: OrganisationKind;
  name: string;
  uscc: string | null;
  created_at: At;
}

export type AccountOrigin = "local" | "issuer" | "service";

export interface AccountTable {
  id: string;
  login: string;
  name: string;
  organisation_id: string;
  /** Local accounts have one, others none. */
  password_hash: string | null;
  /** Made here with a password, by a configured issuer's token, or for a service key. */
  origin: Generated<AccountOrigin>;
  state: "active" | "disabled";
  failed_logins: Generated<number>;
  locked_until: MaybeAt;
  role_revision: Generated<number>;
  password_change_needed: Generated<boolean>;
  factor_revision: Generated<number>;
  created_at: At;
}

export interface AccountRoleTable {
  account_id: string;
  role: string;
}

export interface SessionTable {
  id: string;
  account_id: string;
  refresh_hash: Buffer;
  previous_hash: Buffer | null;
  created_at: At;
  expires_at: At;
  revoked_at: MaybeAt;
  second_factor: MaybeText<SecondFactor>;
  factor_at: MaybeAt;
  last_seen_at: MaybeAt;
  user_agent: MaybeText;
  browser: Generated<boolean>;
}

/** What was shown besides the first factor. */
export type SecondFactor = "totp" | "webauthn" | "recovery-code";

export interface FactorTable {
  id: string;
  account_id: string;
  session_id: string;
  kind: "totp" | "webauthn";
  label: string;
  secret_sealed: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
  last_step: ColumnType<string | null, number | undefined, number>;
  challenge: MaybeText;
  credential_id: MaybeText;
  public_key: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
  transports: ColumnType<readonly string[] | null, string | undefined, string>;
  counter: ColumnType<string | null, number | undefined, number>;
  created_at: At;
  expires_at: At;
  confirmed_at: MaybeAt;
  last_used_at: MaybeAt;
  removed_at: MaybeAt;
}

export interface RecoveryCodeTable {
  account_id: string;
  code_hash: Buffer;
  created_at: At;
  used_at: MaybeAt;
  void_at: MaybeAt;
}

export interface FactorTicketTable {
  token_hash: Buffer;
  account_id: string;
  session_id: string | null;
  challenge: string;
  created_at: At;
  expires_at: At;
  used_at: MaybeAt;
}

export interface AccountSubjectTable {
  issuer: string;
  subject: string;
  account_id: string;
  groups: Json<readonly string[]>;
  token_issued_at: At;
}

export interface SessionIssuerTable {
  session_id: string;
  issuer: string;
  state_hash: Buffer;
}

export interface ServiceKeyTable {
  id: string;
  account_id: string;
  organisation_id: string;
  maker_id: string;
  name: string;
  secret_hash: Buffer;
  scopes: Json<readonly string[]>;
  created_at: At;
  expires_at: At;
  last_used_at: MaybeAt;
  revoked_at: MaybeAt;
}

export interface ResourceFamilyTable {
  id: string;
  title: string;
  created_at: At;
}

export interface ResourceTable {
  id: string;
  family_id: string;
  source_unit_id: string;
  name: string;
  title: string;
  grade: string;
  columns: Json;
  subjects: Json;
  created_at: At;
}

export interface ResourceVersionTable {
  id: string;
  resource_id: string;
  number: number;
  content_hash: string;
  row_count: Big;
  profile: Json;
  created_by: string;
  created_at: At;
  /** The version of the same resource whose files come before this one's own. */
  appended_to: string | null;
}

export type UploadState = "open" | "loaded" | "expired" | "removed";

export interface UploadTable {
  id: string;
  resource_id: string;
  account_id: string;
  content_type: string;
  mode: "replace" | "append";
  expected: string | null;
  length: Big;
  received: ColumnType<string, number | undefined, number>;
  state: UploadState;
  key_sealed: Buffer | null;
  version_id: string | null;
  created_at: At;
  expires_at: At;
}

export interface UploadPieceTable {
  upload_id: string;
  start: Big;
  length: Big;
  file: string;
}

export interface CopyTable {
  id: string;
  kind: "vault" | "provision" | "package" | "upload";
  object_id: string;
  location: string;
  bytes: Big;
  sha256: string;
  created_at: At;
  destroyed_at: MaybeAt;
}

export type AgreementState = "draft" | "approved" | "in-force" | "ended";

export interface AgreementTable {
  id: string;
  scenario: string;
  purpose: string;
  operator_id: string;
  agency_id: string;
  state: AgreementState;
  starts_at: At;
  ends_at: At;
  version_id: string;
  author_id: string;
  created_at: At;
  ended_at: MaybeAt;
  end_reason: string | null;
}

export interface AgreementVersionTable {
  id: string;
  agreement_id: string;
  number: number;
  scope: Json;
  release_rules: Json;
  digest: string;
  created_at: At;
}

export interface ProvisionTable {
  id: string;
  agreement_version_id: string;
  resource_versions: Json;
  schema: Json;
  copy_id: string;
  created_at: At;
}

export type JobState = "queued" | "running" | "done" | "refused" | "failed" | "cancelled" | "interrupted";

export interface JobTable {
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

export interface SavedQueryTable {
  id: string;
  agreement_id: string;
  operator_id: string;
  author_id: string;
  title: string;
  visibility: QueryVisibility;
  newest: number;
  created_at: At;
}

export interface SavedQueryVersionTable {
  query_id: string;
  number: number;
  sql_sealed: Buffer;
  sql_hash: string;
  created_at: At;
}

export type DailyUseKind = "job" | "explain";

export interface DailyUseTable {
  operator_id: string;
  /** `YYYY-MM-DD` in Asia/Shanghai. */
  day: string;
  kind: DailyUseKind;
  used: number;
}

export type Verdict = "pass" | "review" | "block";

export interface ResultTable {
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

export interface ExportTable {
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

export interface VoteTable {
  id: string;
  export_id: string;
  reviewer_id: string;
  decision: "approve" | "reject";
  reason: string;
  content_hash: string;
  evidence_hash: string;
  created_at: At;
}

export interface PackageTable {
  id: string;
  export_id: string;
  copy_id: string | null;
  release_event_id: string;
  manifest: Json;
  created_at: At;
}

export interface DownloadGrantTable {
  id: string;
  package_id: string;
  account_id: string;
  token_hash: Buffer;
  expires_at: At;
  used_at: MaybeAt;
  created_at: At;
}

export interface AuditEventTable {
  arrival: ColumnType<string, never, never>;
  id: string;
  leaf: Buffer;
}

export interface AuditLeafTable {
  leaf_index: Big;
  event_id: string;
  leaf_hash: Buffer;
}

export interface AuditHeadTable {
  one: Generated<boolean>;
  size: Big;
  frontier: JSONColumnType<string[], string, string>;
  root: Buffer;
}

export interface AuditMentionTable {
  object_id: string;
  leaf_index: Big;
}

export interface GatewayTable {
  id: string;
  name: string;
  started_at: At;
  beats: Generated<string>;
  seen_at: At;
  ended_at: MaybeAt;
}

export interface DataFolderTable {
  one: Generated<boolean>;
  id: string;
  adopted_at: At;
}

export interface LogOriginTable {
  id: string;
  number: number;
  origin: string;
  follows: string;
  reason: string;
  state: "proposed" | "approved" | "begun";
  proposed_by: string;
  approved_by: string | null;
  proposed_at: At;
  approved_at: MaybeAt;
}

export type AccessPolicyState = "proposed" | "confirmed" | "rejected" | "withdrawn";

export interface AccessPolicyTable {
  id: string;
  hash: string;
  model: string;
  policy: string;
  replaces: string | null;
  reason: string;
  state: AccessPolicyState;
  proposed_by: string | null;
  proposed_at: At;
  decided_by: string | null;
  decided_at: MaybeAt;
  decision_reason: string | null;
}

export interface ActivePolicyTable {
  one: Generated<boolean>;
  policy_id: string;
  since: At;
  event_id: Maybe<string>;
}

export interface IdempotentRequestTable {
  id: Buffer;
  account_id: string;
  fingerprint: Buffer;
  fence: Generated<number>;
  lease_until: At;
  event_id: string | null;
  object_id: string | null;
  answered_at: MaybeAt;
  answer_sealed: Buffer | null;
  expires_at: At;
}

/** Every table, as Kysely sees it; `migrations/` holds the same in SQL. */
export interface Tables {
  organisation: OrganisationTable;
  account: AccountTable;
  account_role: AccountRoleTable;
  session: SessionTable;
  factor: FactorTable;
  recovery_code: RecoveryCodeTable;
  factor_ticket: FactorTicketTable;
  account_subject: AccountSubjectTable;
  session_issuer: SessionIssuerTable;
  service_key: ServiceKeyTable;
  resource_family: ResourceFamilyTable;
  resource: ResourceTable;
  resource_version: ResourceVersionTable;
  upload: UploadTable;
  upload_piece: UploadPieceTable;
  copy: CopyTable;
  agreement: AgreementTable;
  agreement_version: AgreementVersionTable;
  provision: ProvisionTable;
  job: JobTable;
  saved_query: SavedQueryTable;
  saved_query_version: SavedQueryVersionTable;
  daily_use: DailyUseTable;
  result: ResultTable;
  export: ExportTable;
  vote: VoteTable;
  package: PackageTable;
  download_grant: DownloadGrantTable;
  idempotent_request: IdempotentRequestTable;
  audit_event: AuditEventTable;
  audit_leaf: AuditLeafTable;
  audit_head: AuditHeadTable;
  audit_mention: AuditMentionTable;
  gateway: GatewayTable;
  data_folder: DataFolderTable;
  access_policy: AccessPolicyTable;
  active_policy: ActivePolicyTable;
  log_origin: LogOriginTable;
}
