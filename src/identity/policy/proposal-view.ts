import type { Selectable } from "kysely";
import { linesOf } from "../../policy/index.ts";
import type { AccessPolicyState, Tables } from "../../store/index.ts";

type Row = Selectable<Tables["access_policy"]>;

export interface ProposalSummary {
  readonly id: string;
  readonly state: AccessPolicyState;
  /** What a confirmation must name: it then means this text and no other. */
  readonly hash: string;
  /** Id of the policy that was active when it was proposed. */
  readonly replaces: string | null;
  readonly reason: string;
  /** Null: shipped with the release of the first start. */
  readonly proposedBy: string | null;
  readonly proposedAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly decisionReason: string | null;
}

export interface ProposalView extends ProposalSummary {
  readonly policy: string;
  /** Lines that it adds to the one it replaces, and takes from it, in one form: `role, kind, action, relation`. */
  readonly adds: readonly string[];
  readonly removes: readonly string[];
}

export function summaryOf(row: Row): ProposalSummary {
  return {
    id: row.id,
    state: row.state,
    hash: row.hash,
    replaces: row.replaces,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    decisionReason: row.decision_reason,
  };
}

/** A policy of another release may hold words that this one does not know: it is then shown as it is, without a comparison. */
function readLines(policy: string): readonly string[] {
  try {
    return linesOf(policy);
  } catch {
    return [];
  }
}

export function viewOf(row: Row, before: string | undefined): ProposalView {
  const [now, then] = [readLines(row.policy), before === undefined ? [] : readLines(before)];
  return {
    ...summaryOf(row),
    policy: row.policy,
    adds: now.filter((line) => !then.includes(line)),
    removes: then.filter((line) => !now.includes(line)),
  };
}
