import type { ReleaseRules } from "../policy/index.ts";
import type { CellEvidence, OwnerEvidence } from "./evidence.ts";

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

/** What makes a point of a distribution unsafe beyond what its rows break: too few owners for its place, or none near it. */
export type BrokenPlace = "position" | "neighbours";

/**
 * Design §5 for quantiles, judged anew: n·min(p, 1 − p) ≥ k, points k owners apart, k owners within one step on either
 * side, and the point within that step whichever k − 1 owners are left out.
 */
export function brokenPlace(
  { point, owners }: Pick<CellEvidence, "point" | "owners">,
  rules: ReleaseRules,
): BrokenPlace | undefined {
  if (point === undefined) return undefined;
  const k = rules.minOwners;
  // Shares come as DOUBLE: a hundred people at 0.9 are ten, not 9.999….
  const enough = (people: number, share: number): boolean => people * share >= k - 1e-9 * k;
  const shares = [point.at, 1 - point.at, ...(point.apart === null ? [] : [point.apart])];
  if (owners.some((owner) => shares.some((share) => !enough(owner.owners, share)))) return "position";
  const near = owners.every(({ top1, top2 }, at) => {
    const rows = (top1 ?? 0) + Math.max(k - 2, 0) * (top2 ?? 0);
    const { low, high } = point.near[at] ?? { low: 0, high: 0 };
    const room = point.below >= Math.max(k, point.at * rows) && point.above >= Math.max(k, (1 - point.at) * rows);
    return room && low >= k && high >= k;
  });
  return near ? undefined : "neighbours";
}
