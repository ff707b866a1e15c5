import { uncovered } from "./compare.ts";
import { findLeak } from "./reference/leaks.ts";
import type { Derived, NotDerived, Rows } from "./reference/reference.ts";
import { innerCells, quantileTolerances, shownCells } from "./shown-cells.ts";
import { bad, good, type Verdict } from "./verdict.ts";

/** `suppress`: every cell that breaks the rules is absent, and cannot be had from the totals shown with it. */
export function judgeSuppressed(rows: Rows, derived: Derived | NotDerived): Verdict {
  if (derived.kind === "underivable") return bad(`figures are shown, and the reference cannot judge them: ${derived.why}`);
  const over = uncovered(rows, derived.loose, quantileTolerances(derived)).length;
  if (over > 0) return bad(`${over} of ${rows.length} rows show what breaks the rules, or what the data do not give`);
  const { linked } = derived;
  const { shown, unsafe } = linked === undefined ? innerCells(derived) : shownCells(rows, linked);
  const leak = findLeak(shown, unsafe);
  return leak === undefined ? good(`${rows.length} rows are shown, all of whose cells meet the rules`) : bad(leak);
}
