import type { At, Json, MaybeAt } from "./columns.ts";

export type AgreementState = "draft" | "approved" | "in-force" | "ended";

interface AgreementTable {
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

interface AgreementVersionTable {
  id: string;
  agreement_id: string;
  number: number;
  scope: Json;
  release_rules: Json;
  digest: string;
  created_at: At;
}

export interface GovernanceTables {
  agreement: AgreementTable;
  agreement_version: AgreementVersionTable;
}
