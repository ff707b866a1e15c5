import type { CaseReport } from "./run-case.ts";

export interface Summary {
  readonly attacks: { readonly held: number; readonly total: number; readonly failed: readonly string[] };
  readonly legit: { readonly accepted: number; readonly total: number; readonly failed: readonly string[] };
  /** Figures from columns marked perturbed, and how many of them equal the exact one. */
  readonly perturbed: { readonly figures: number; readonly exact: number };
}

/** One line of the output. */
export function lineOf({ id, class: of, expect, outcome, good, why }: CaseReport): string {
  const judged = good === undefined ? {} : expect === "accept" ? { accepted: good } : { held: good };
  return JSON.stringify({ id, class: of, expect, outcome, ...judged, why });
}

/** The last line; cases that are not judged under this protection count nowhere. */
export function summarise(reports: readonly CaseReport[]): Summary {
  const judged = reports.filter(({ good }) => good !== undefined);
  const split = (legit: boolean) => {
    const mine = judged.filter(({ expect }) => (expect === "accept") === legit);
    const failed = mine.filter(({ good }) => good === false).map(({ id }) => id);
    return { good: mine.length - failed.length, total: mine.length, failed };
  };
  const [attacks, legit] = [split(false), split(true)];
  return {
    attacks: { held: attacks.good, total: attacks.total, failed: attacks.failed },
    legit: { accepted: legit.good, total: legit.total, failed: legit.failed },
    // `exact` perturbs nothing.
    perturbed: { figures: 0, exact: 0 },
  };
}
