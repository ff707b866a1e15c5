import type { PlanDraft } from "./draft.ts";
import type { ExplainedRelation } from "./explain.ts";
import type { GovernedPlan } from "./governed-plan.ts";

export type { ExplainedRelation } from "./explain.ts";

/** Relation by relation: owners, atoms, and where the rules stand. From statement and schema alone, never from data. */
export function explainPlan(plan: PlanDraft | GovernedPlan): readonly ExplainedRelation[] {
  return plan.explanation;
}
