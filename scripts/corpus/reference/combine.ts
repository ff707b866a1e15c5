import { isTelling } from "../tables.ts";
import { canonical, columnsIn } from "./ast.ts";
import type { Atom } from "./atoms.ts";
import { brokenRule, type Cell, type Contribution, contributionsOf, ownersOf } from "./cell.ts";

const isCount = (cell: Cell): boolean => cell.base === "rows" || cell.base === "owners";

/** Figures that can be subtracted: about the same unknowns, or both counts. */
export const comparable = (left: Cell, right: Cell): boolean => left.base === right.base || (isCount(left) && isCount(right));

export function beyond(whole: Cell, part: Cell): readonly Contribution[] {
  return contributionsOf(whole).filter(({ record }) => !part.records.has(record));
}

/** Whether what one cell has beyond another, which lies inside it, breaks the rules; nothing beyond breaks none. */
export function differenceBreaks(whole: Cell, part: Cell): boolean {
  if (!comparable(whole, part) || part.records.size >= whole.records.size || beyond(part, whole).length > 0) return false;
  return brokenRule(beyond(whole, part)) !== undefined;
}

type Conditions = Pick<Atom, "conditions">;

/** Conditions on measures that one atom has and the other has not; whether a value is there at all tells nothing. */
function telling(atom: Conditions, other: Conditions): boolean {
  const shared = new Set(other.conditions.map(canonical));
  return atom.conditions.some(
    (condition) =>
      !/^OPERATOR_IS_(NOT_)?NULL$/.test(String(condition["type"])) &&
      !shared.has(canonical(condition)) &&
      columnsIn(condition).some(isTelling),
  );
}

/** Whether a cell, shown beside another of its row, says something of every owner of that other, or of the few beyond. */
export function breaksBeside(cell: Cell, other: Cell, atoms: { readonly cell: Conditions; readonly other: Conditions }): boolean {
  if (differenceBreaks(other, cell)) return true;
  return telling(atoms.cell, atoms.other) && ownersOf(cell).size === ownersOf(other).size && beyond(cell, other).length === 0;
}
