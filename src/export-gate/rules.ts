import type { ReleaseRules } from "../policy/index.ts";
import type { OwnerEvidence } from "./evidence.ts";

/** The rule an atom breaks, judged anew from its numbers; undefined: none. */
export type BrokenRule = "owners" | "dominance" | "p-percent" | "non-finite";

/** k, (n,k) and p% for one owner expression (`facts/standards.md` §4.1; the same bounds as the enclave's, computed apart). */
export function brokenRule({ owners, total, top1, top2 }: OwnerEvidence, rules: ReleaseRules): BrokenRule | undefined {
  if (owners < rules.minOwners) return "owners";
  if (total === null || top1 === null || top2 === null) return "non-finite";
  if (!(top1 + top2 < rules.dominanceShare * total)) return "dominance";
  if (!(total - top1 - top2 >= (rules.pPercent / 100) * top1)) return "p-percent";
  return undefined;
}
