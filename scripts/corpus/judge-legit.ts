import { isCovered, isShown, uncovered } from "./compare.ts";
import type { StepOutcome } from "./outcome.ts";
import { findLeak } from "./reference/leaks.ts";
import type { Derived, NotDerived, Rows } from "./reference/reference.ts";
import { quantileTolerances, rowOf, shownCells } from "./shown-cells.ts";
import { bad, good, type Verdict } from "./verdict.ts";

/** Rows of the strict reading that are not shown, without those that hold no figure. */
function withheld(rows: Rows, derived: Derived): Rows {
  const columns = derived.linked?.columns ?? [];
  const isFigure = (at: number): boolean =>
    columns.length === 0 || columns.every((one) => one === undefined) || columns[at] !== undefined;
  const wanted = derived.strict.filter((row) => row.some((cell, at) => isFigure(at) && isShown(cell)));
  return uncovered(wanted, rows, quantileTolerances(derived));
}

/** Whether each absent figure would, beside those shown, let one be had that breaks the rules. */
function neededByOthers(missing: Rows, rows: Rows, { linked }: Derived): boolean {
  if (linked === undefined) return false;
  const { shown, unsafe } = shownCells(rows, linked);
  // What is shown already betrays it: then nothing was withheld to keep it.
  if (findLeak(shown, unsafe) !== undefined) return false;
  return missing.every((row) => {
    const cells = rowOf(row, linked)?.cells.cells ?? [];
    const near = rows.find((one) => isCovered(one, row));
    const places = linked.columns.flatMap((atoms, at) => (atoms !== undefined && !isShown(near?.[at]) ? atoms : []));
    const absent = cells.filter((cell, at) => places.includes(at) && !shown.includes(cell));
    return absent.length > 0 && findLeak([...shown, ...absent], unsafe) !== undefined;
  });
}

/** Honest statements: accepted, every cell that may be shown is, and says what the plain engine says. */
export function judgeLegit(outcome: StepOutcome, derived: Derived | NotDerived): Verdict {
  if (outcome.kind === "refused") return bad(`${outcome.code}: ${outcome.found}`);
  if (outcome.kind === "failed") return bad(`the job ended as ${outcome.code}`);
  const { rows } = outcome;
  if (derived.kind === "underivable") {
    if (derived.plain === undefined) return bad(`the plain engine does not take the statement: ${derived.why}`);
    const whole = uncovered(rows, derived.plain).length === 0 && uncovered(derived.plain, rows).length === 0;
    return whole
      ? good(`all of the plain engine's rows are shown; who stands behind them was not derived (${derived.why})`)
      : bad(`not all of the plain engine's rows are shown, and the reference cannot say which may be: ${derived.why}`);
  }
  const tolerances = quantileTolerances(derived);
  const over = uncovered(rows, derived.loose, tolerances).length;
  // Figures computed from others may be those of the strict reading, which are others.
  const isStrict = derived.linked === undefined && uncovered(rows, derived.strict, tolerances).length === 0;
  if (over > 0 && !isStrict)
    return bad(`${over} of ${rows.length} rows show what breaks the rules, or another figure than the plain engine`);
  const missing = withheld(rows, derived);
  if (missing.length === 0) return good(`${rows.length} rows, as the plain engine gives them`);
  return neededByOthers(missing, rows, derived)
    ? good(`${rows.length} rows; ${missing.length} are withheld because others could be had from them`)
    : bad(`${missing.length} rows with cells that meet the rules are not shown`);
}
