import { brokenPlace } from "../rules.ts";
import { type Check, pass } from "./check.ts";

/** Every shown quantile has enough owners on both sides, near it and between it and the next; judged anew. */
export const positions: Check = {
  id: "positions",
  title: "Owners around every shown quantile",
  article: "22",
  run: ({ rerun, rules }) => {
    const points = rerun.evidence.filter(({ point }) => point !== undefined);
    const shown = points.filter(({ verdict }) => verdict === "pass");
    const broken = shown.filter((cell) => brokenPlace(cell, rules) !== undefined).length;
    const evidence = { shown: shown.length, suppressed: points.length - shown.length };
    if (broken === 0) return pass(evidence);
    return { verdict: "block", evidence: { ...evidence, broken }, mitigation: "Ask nearer to the middle, or in coarser groups." };
  },
};
