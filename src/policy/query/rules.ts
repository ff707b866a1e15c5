import { type Refusal, refuse } from "../../kernel/index.ts";

/** From the looser to the stricter: `exact` shows true figures of safe cells, `cell-key` perturbs them as well. */
export const releaseModes = ["exact", "cell-key"] as const;
export type ReleaseMode = (typeof releaseModes)[number];

/** What the compiler can keep; an agreement in any other mode is refused when it is drafted. */
export const implementedModes: readonly ReleaseMode[] = ["exact", "cell-key"];

/** In `cell-key` a cell may need up to so many owners more than k; how many is sticky. */
export const stickyMargin = 3;

/** The release rules of one agreement version (design §5, §8). */
export interface ReleaseRules {
  readonly mode: ReleaseMode;
  /** k: fewest distinct owners behind a figure; zero counts as fewer. */
  readonly minOwners: number;
  readonly dominanceTop: 2;
  /** The greatest owners together must stay *below* this share of Σ|net|. */
  readonly dominanceShare: number;
  /** The rest beside the two greatest owners must be at least this per cent of the greatest. */
  readonly pPercent: number;
}

/** What no agreement may loosen: k = 10, (n,k) = (2, 90 %), p = 10 % (ACRO's defaults; `facts/privacy-sql.md` §3). */
export const platformFloor: ReleaseRules = Object.freeze({
  mode: "exact",
  minOwners: 10,
  dominanceTop: 2,
  dominanceShare: 0.9,
  pPercent: 10,
});

export type RulesRefusalCode = "POLICY_MODE_NOT_IMPLEMENTED" | "POLICY_RULES_INVALID" | "POLICY_RULES_BELOW_FLOOR";

function isLooser(mode: ReleaseMode, floor: ReleaseMode): boolean {
  return releaseModes.indexOf(mode) < releaseModes.indexOf(floor);
}

/** Stricter than the floor, or equal, in every figure; else the refusal names the first one that is not. */
export function checkAgainstFloor(rules: ReleaseRules, floor: ReleaseRules): Refusal<RulesRefusalCode> | undefined {
  if (!implementedModes.includes(rules.mode))
    return refuse("POLICY_MODE_NOT_IMPLEMENTED", { rule: "mode", accepted: implementedModes.join(", ") });
  if (!Number.isSafeInteger(rules.minOwners))
    return refuse("POLICY_RULES_INVALID", { rule: "minOwners", must: "be a whole number" });
  if (!(rules.dominanceShare > 0)) return refuse("POLICY_RULES_INVALID", { rule: "dominanceShare", must: "be greater than 0" });
  if (!Number.isFinite(rules.pPercent)) return refuse("POLICY_RULES_INVALID", { rule: "pPercent", must: "be a number" });
  if (isLooser(rules.mode, floor.mode)) return refuse("POLICY_RULES_BELOW_FLOOR", { rule: "mode", least: floor.mode });
  if (rules.minOwners < floor.minOwners) return refuse("POLICY_RULES_BELOW_FLOOR", { rule: "minOwners", least: floor.minOwners });
  if (!(rules.dominanceShare <= floor.dominanceShare)) {
    return refuse("POLICY_RULES_BELOW_FLOOR", { rule: "dominanceShare", greatest: floor.dominanceShare });
  }
  if (rules.pPercent < floor.pPercent) return refuse("POLICY_RULES_BELOW_FLOOR", { rule: "pPercent", least: floor.pPercent });
  return undefined;
}
