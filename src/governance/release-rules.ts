import { refuse } from "../kernel/index.ts";
import { checkAgainstFloor, type ReleaseRules } from "../policy/index.ts";
import type { Refused } from "./context.ts";

export type ReleaseRulesRequest = { readonly [K in keyof Omit<ReleaseRules, "dominanceTop">]?: ReleaseRules[K] | undefined };

/** The floor where the parties say nothing, their rule where it is as strict or stricter; else a refusal naming it. */
export function completeRules(request: ReleaseRulesRequest | undefined, floor: ReleaseRules): ReleaseRules | Refused {
  const rules: ReleaseRules = {
    mode: request?.mode ?? floor.mode,
    minOwners: request?.minOwners ?? floor.minOwners,
    dominanceTop: floor.dominanceTop,
    dominanceShare: request?.dominanceShare ?? floor.dominanceShare,
    pPercent: request?.pPercent ?? floor.pPercent,
  };
  const refused = checkAgainstFloor(rules, floor);
  if (refused === undefined) return rules;
  const isMode = refused.code === "POLICY_MODE_NOT_IMPLEMENTED";
  return refuse(isMode ? "AGREEMENT_MODE_NOT_OFFERED" : "AGREEMENT_RULES_TOO_LOOSE", refused.detail);
}
