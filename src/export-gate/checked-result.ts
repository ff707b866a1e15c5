import type { RunAnswer } from "../engine/index.ts";
import { canonicalJson, type Refusal, refuse, sha256Hex } from "../kernel/index.ts";
import { type GovernedPlan, isGovernedPlan, type ReleaseRules, stickyMargin } from "../policy/index.ts";
import { type Content, frozen, hashContent, stable, toContent } from "./content.ts";
import { type CellEvidence, readEvidence } from "./evidence.ts";
import { brokenPlace, brokenRule } from "./rules.ts";

interface Parts {
  readonly content: Content;
  readonly contentHash: string;
  readonly evidence: readonly CellEvidence[];
  readonly evidenceHash: string;
  readonly planDigest: string;
}

const brand = Symbol("checked");

/**
 * The only thing ever shown or exported: a run's rows of which every atom's verdict was derived
 * anew. Made by `checkResult` alone; `isCheckedResult` looks at the brand at run time.
 */
export class CheckedResult implements Parts {
  readonly #checked: true;
  readonly content: Content;
  readonly contentHash: string;
  readonly evidence: readonly CellEvidence[];
  readonly evidenceHash: string;
  readonly planDigest: string;

  constructor(key: symbol, parts: Parts) {
    if (key !== brand) throw new TypeError("a CheckedResult is made by checkResult only");
    this.#checked = true;
    this.content = parts.content;
    this.contentHash = parts.contentHash;
    this.evidence = parts.evidence;
    this.evidenceHash = parts.evidenceHash;
    this.planDigest = parts.planDigest;
    Object.freeze(this);
  }

  static is(value: unknown): value is CheckedResult {
    return typeof value === "object" && value !== null && #checked in value;
  }
}

export function isCheckedResult(value: unknown): value is CheckedResult {
  return CheckedResult.is(value);
}

/** In `cell-key` a cell may be withheld although nothing is broken: there k moves up by a sticky margin that only the enclave knows. */
function withinMargin({ verdict, owners }: CellEvidence, rules: ReleaseRules): boolean {
  const least = rules.minOwners + stickyMargin;
  return rules.mode === "cell-key" && verdict === "owners" && owners.some((owner) => owner.owners < least);
}

/** A cell the enclave let pass although its numbers say no, or the other way round: one of the two is broken. */
function contradicts(cell: CellEvidence, rules: ReleaseRules): boolean {
  const broken = cell.owners.map((owner) => brokenRule(owner, rules)).find((rule) => rule !== undefined);
  const misplaced = brokenPlace(cell, rules);
  if (cell.verdict === "pass") return broken !== undefined || misplaced !== undefined;
  if (cell.verdict === "position" || cell.verdict === "neighbours") return misplaced !== cell.verdict;
  if (withinMargin(cell, rules)) return false;
  return (cell.verdict === "owners" || cell.verdict === "dominance" || cell.verdict === "p-percent") && broken === undefined;
}

/** Derives every verdict anew from the evidence and makes the checked result, or refuses all of it. */
export function checkResult(run: {
  readonly plan: GovernedPlan;
  readonly answer: Extract<RunAnswer, { kind: "done" }>;
  readonly rules: ReleaseRules;
}): CheckedResult | Refusal<"RESULT_NOT_CHECKED"> {
  const { plan, answer, rules } = run;
  if (!isGovernedPlan(plan)) return refuse("RESULT_NOT_CHECKED", { because: "the plan is not sealed" });
  const names = answer.columns.map(({ name }) => name);
  if (names.length !== plan.columns.length || plan.columns.some(({ name }, at) => name !== names[at]))
    return refuse("RESULT_NOT_CHECKED", { because: "the columns are not the plan's" });
  const evidence = readEvidence(plan.releases, answer);
  if (evidence === undefined) return refuse("RESULT_NOT_CHECKED", { because: "the evidence is not the plan's" });
  if (evidence.some((cell) => contradicts(cell, rules)))
    return refuse("RESULT_NOT_CHECKED", { because: "a verdict does not follow from its evidence" });
  // Where nothing passed, nothing but values the statement itself made may stand in the rows.
  const content = toContent(answer, plan.columns);
  return new CheckedResult(brand, {
    content,
    contentHash: hashContent(content),
    evidence: frozen(evidence),
    evidenceHash: sha256Hex(canonicalJson(stable(evidence))),
    planDigest: plan.digest,
  });
}
