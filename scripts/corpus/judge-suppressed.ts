import { uncovered } from "./compare.ts";
import { findLeak } from "./reference/leaks.ts";
import type { Derived, NotDerived, Rows } from "./reference/reference.ts";
import { innerCells, quantileTolerances, shownCells } from "./shown-cells.ts";
import { bad, good, type Verdict } from "./verdict.ts";

/** `suppress`: every cell that breaks the rules is absent, and cannot be had from the totals shown with it. */
export function judgeSuppressed(rows: Rows, derived: Derived | NotDerived): Verdict {
  if (derived.kind === "underivable") return bad(`figures are shown, and the reference cannot judge them: ${derived.why}`);
  const tolerances = quantileTolerances(derived);
  const { linked } = derived;
  const over = uncovered(rows, derived.loose, tolerances).length;
  // Figures computed from others may be those of the strict reading, which are others.
  const isStrict = linked === undefined && uncovered(rows, derived.strict, tolerances).length === 0;
  if (over > 0 && !isStrict)
    return bad(`${over} of ${rows.length} rows show what breaks the rules, or what the data do not give`);
  const { shown, unsafe } =
    linked === undefined ? innerCells(derived, isStrict ? "betrayed" : "unsafe") : shownCells(rows, linked);
  const leak = findLeak(shown, unsafe);
  return leak === undefined ? good(`${rows.length} rows are shown, all of whose cells meet the rules`) : bad(leak);
}
