import { isTelling } from "../tables.ts";
import { canonical, columnsIn, type Node, walk } from "./ast.ts";
import type { Atom } from "./atoms.ts";
import { brokenRule, type Cell, type Contribution, contributionsOf, ownersOf } from "./cell.ts";

const ownsOneEach = (cell: Cell): boolean => ownersOf(cell).size === cell.records.size;

/** Figures that can be subtracted: about the same unknowns; rows and owners are, where each owner has one row. */
export function comparable(left: Cell, right: Cell): boolean {
  if (left.base === right.base) return true;
  const counts = [left, right].every(({ base }) => base === "rows" || base === "owners");
  return counts && ownsOneEach(left) && ownsOneEach(right);
}

/** What a figure has beyond another whose rows are among its own; undefined: they are not. */
function beyond(whole: Cell, part: Cell): readonly Contribution[] | undefined {
  if (part.records.size > whole.records.size) return undefined;
  for (const record of part.records.keys()) if (!whole.records.has(record)) return undefined;
  const rest = contributionsOf(whole).filter(({ record }) => !part.records.has(record));
  if (whole.base !== "owners") return rest;
  // Whom both count cancels out, however many of their rows only one of them has.
  const counted = ownersOf(part);
  return rest.filter(({ owners }) => !counted.has(owners[0] ?? ""));
}

/** Whether the difference of two figures breaks the rules; where there is none, nothing does. */
export function differenceBreaks(whole: Cell, part: Cell): boolean {
  if (!comparable(whole, part)) return false;
  const rest = beyond(whole, part);
  return rest !== undefined && rest.length > 0 && brokenRule(rest, whole.base === "owners" ? "one" : "sum") !== undefined;
}

type Conditions = Pick<Atom, "conditions">;

/** Whether a stored value is there at all tells nothing; whether a CASE or a comparison has one may. */
const asksForPresence = (condition: Node): boolean =>
  /^OPERATOR_IS_(NOT_)?NULL$/.test(String(condition["type"])) &&
  [...walk(condition["children"])].every(
    (node) => !/^(CASE|COMPARISON|CONJUNCTION|BETWEEN|OPERATOR)$/.test(String(node["class"])),
  );

/** Conditions on measures that one atom has and the other has not. */
function telling(atom: Conditions, other: Conditions): boolean {
  const shared = new Set(other.conditions.map(canonical));
  return atom.conditions.some(
    (condition) => !asksForPresence(condition) && !shared.has(canonical(condition)) && columnsIn(condition).some(isTelling),
  );
}

/** Whether a cell, shown beside another of its row, says something of every owner of that other, or of the few beyond. */
export function breaksBeside(cell: Cell, other: Cell, atoms: { readonly cell: Conditions; readonly other: Conditions }): boolean {
  if (differenceBreaks(other, cell)) return true;
  const owners = ownersOf(other);
  return (
    telling(atoms.cell, atoms.other) && ownersOf(cell).size === owners.size && [...ownersOf(cell)].every((one) => owners.has(one))
  );
}
