import type { Generated } from "kysely";
import type { At, Maybe, MaybeAt } from "./columns.ts";

export type AccessPolicyState = "proposed" | "confirmed" | "rejected" | "withdrawn";

interface AccessPolicyTable {
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

interface ActivePolicyTable {
  one: Generated<boolean>;
  policy_id: string;
  since: At;
  event_id: Maybe<string>;
}

export interface AccessPolicyTables {
  access_policy: AccessPolicyTable;
  active_policy: ActivePolicyTable;
}
