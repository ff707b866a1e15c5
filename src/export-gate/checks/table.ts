import type { Verdict } from "../../store/index.ts";
import type { Check, CheckInput, CheckOutcome } from "./check.ts";
import { formulaCells } from "./formula-cells.ts";
import { identifierLike } from "./identifier-like.ts";
import { namesAsData } from "./names-as-data.ts";
import { positions } from "./positions.ts";
import { rerunAgrees } from "./rerun-agrees.ts";
import { threshold } from "./threshold.ts";
import { volume } from "./volume.ts";

/** All checks, in the order a reviewer reads them. */
export const checks: readonly Check[] = [rerunAgrees, threshold, positions, identifierLike, namesAsData, formulaCells, volume];

export interface CheckReport extends CheckOutcome {
  readonly id: string;
  readonly title: string;
  readonly article: string;
}

const severity: Readonly<Record<Verdict, number>> = { pass: 0, review: 1, block: 2 };

/** Runs all checks; the whole takes the worst verdict. */
export function runChecks(input: CheckInput): { readonly verdict: Verdict; readonly reports: readonly CheckReport[] } {
  const reports = checks.map(({ id, title, article, run }) => ({ id, title, article, ...run(input) }));
  const verdict = reports.reduce<Verdict>(
    (worst, report) => (severity[report.verdict] > severity[worst] ? report.verdict : worst),
    "pass",
  );
  return { verdict, reports };
}
