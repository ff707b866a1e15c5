import type { JsonValue } from "../../kernel/index.ts";
import type { GovernedPlan, ReleaseRules } from "../../policy/index.ts";
import type { Verdict } from "../../store/index.ts";
import type { CheckedResult } from "../checked-result.ts";

/** What a check may look at: the result to be exported, its second run, and the rules. */
export interface CheckInput {
  readonly stored: { readonly contentHash: string; readonly evidenceHash: string; readonly planDigest: string };
  /** The statement compiled and run again in a fresh worker. */
  readonly rerun: CheckedResult;
  readonly plan: GovernedPlan;
  readonly rules: ReleaseRules;
  readonly purpose: string;
  readonly productName: string;
}

export interface CheckOutcome {
  readonly verdict: Verdict;
  /** Machine-readable; for reviewers. */
  readonly evidence: JsonValue;
  /** What would make it pass. */
  readonly mitigation: string;
}

/** One machine check of the gate; a new one is a file of this shape and a line in the table. */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** Article of the regulation it serves. */
  readonly article: string;
  run(input: CheckInput): CheckOutcome;
}

export function pass(evidence: JsonValue): CheckOutcome {
  return { verdict: "pass", evidence, mitigation: "" };
}
