import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { At, Big, MaybeAt } from "./columns.ts";

interface AuditEventTable {
  arrival: ColumnType<string, never, never>;
  id: string;
  leaf: Buffer;
}

interface AuditLeafTable {
  leaf_index: Big;
  event_id: string;
  leaf_hash: Buffer;
}

interface AuditHeadTable {
  one: Generated<boolean>;
  size: Big;
  frontier: JSONColumnType<string[], string, string>;
  root: Buffer;
}

interface AuditMentionTable {
  object_id: string;
  leaf_index: Big;
}

interface LogOriginTable {
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

interface IdempotentRequestTable {
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

export interface AuditTables {
  idempotent_request: IdempotentRequestTable;
  audit_event: AuditEventTable;
  audit_leaf: AuditLeafTable;
  audit_head: AuditHeadTable;
  audit_mention: AuditMentionTable;
  log_origin: LogOriginTable;
}
