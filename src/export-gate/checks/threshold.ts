import { brokenRule } from "../rules.ts";
import { type Check, pass } from "./check.ts";

/** Every shown atom rests on enough owners, none of whom dominates it; judged anew from the second run's numbers. */
export const threshold: Check = {
  id: "threshold",
  title: "Distinct owners, dominance and p% of every shown atom",
  article: "22",
  run: ({ rerun, rules }) => {
    const shown = rerun.evidence.filter((cell) => cell.verdict === "pass");
    const broken = shown.filter((cell) => cell.owners.some((owner) => brokenRule(owner, rules) !== undefined)).length;
    const suppressed: Record<string, number> = {};
    for (const { verdict } of rerun.evidence) if (verdict !== "pass") suppressed[verdict] = (suppressed[verdict] ?? 0) + 1;
    const fewest = shown.reduce(
      (least, cell) => Math.min(least, ...cell.owners.map(({ owners }) => owners)),
      Number.MAX_SAFE_INTEGER,
    );
    const evidence = {
      shown: shown.length,
      suppressed,
      fewestOwners: shown.length === 0 ? null : fewest,
      minOwners: rules.minOwners,
    };
    if (broken === 0) return pass(evidence);
    return { verdict: "block", evidence: { ...evidence, broken }, mitigation: "Use coarser groups." };
  },
};
