import type { Atom, AtomPair, FullCheck } from "../release/model.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { isTrue } from "../tree/make.ts";
import { someNode } from "../tree/rebuild.ts";
import { categoryOf } from "./category.ts";
import { checkCondition } from "./condition.ts";
import { constantOf } from "./constant.ts";
import { keyOf } from "./label.ts";

/** Atoms of one base: only those can be subtracted from each other. Counts of rows and of owners are one base. */
function baseOf(atom: Atom): string {
  return atom.aggregate === "sum" ? JSON.stringify(atom.factors.map(factorBase)) : "count";
}

function factorBase(factor: Bound): string {
  return plainSubject(factor)?.derived?.base ?? keyOf(factor);
}

/** Two different totals of one base: their difference is in the values, not in the rows. */
function differInValues(left: Atom, right: Atom): boolean {
  return left.factors.length === 1 && left.factors.map(keyOf).join() !== right.factors.map(keyOf).join();
}

const sameConditions = (a: Atom, b: Atom): boolean => a.conditions.map(keyOf).join("\n") === b.conditions.map(keyOf).join("\n");

/** They share no row, whatever the data, so neither is a part of the other and their difference is no figure. */
function excludeEachOther(a: Atom, b: Atom): boolean {
  return a.conditions.some((p) => b.conditions.some((q) => differentTexts(p, q) || isElse(p, q) || isElse(q, p)));
}

/** One asks a text for x, the other the same text for y. Only texts: the same date or time can be written in several ways. */
function differentTexts(p: Bound, q: Bound): boolean {
  if (p.kind !== "compare" || q.kind !== "compare" || p.op !== "=" || q.op !== "=") return false;
  if (keyOf(p.left) !== keyOf(q.left) || categoryOf(p.left, checkCondition)?.family !== "text") return false;
  const [x, y] = [constantOf(p.right), constantOf(q.right)];
  return x?.family === "text" && y?.family === "text" && x.value !== y.value;
}

/** q says "not p" or "p is not true". "p is not false" holds where p does, so it excludes nothing. */
function isElse(p: Bound, q: Bound): boolean {
  const denied = q.kind === "not" ? q.arg : q.kind === "compare" && q.op === "distinct" && isTrue(q.right) ? q.left : undefined;
  return denied !== undefined && keyOf(denied) === keyOf(p);
}

/** Whether the part asks all that the whole asks, and perhaps more. */
function adds(part: Atom, whole: Atom): boolean {
  const has = new Set(part.conditions.map(keyOf));
  return whole.conditions.every((condition) => has.has(keyOf(condition)));
}

/** A count of owners leaves out rows without one, so a count of rows is never surely inside it. */
function surelyInside(part: Atom, whole: Atom): boolean {
  return adds(part, whole) && (whole.owner === undefined || whole.owner === part.owner);
}

function insideOf(left: Atom, right: Atom): AtomPair["inside"] {
  if (surelyInside(left, right)) return "left";
  return surelyInside(right, left) ? "right" : undefined;
}

function areCompared(left: Atom, right: Atom): boolean {
  if (baseOf(left) !== baseOf(right)) return false;
  return differInValues(left, right) || (!sameConditions(left, right) && !excludeEachOther(left, right));
}

/**
 * Pairs whose difference must be safe as well. Whether one contains the other is found in the data, where it
 * counts: `sum(x) FILTER (a OR t)` beside `sum(x) FILTER (a)` gives t away however it is spelt.
 */
export function pairsOf(atoms: readonly Atom[]): readonly AtomPair[] {
  return atoms.flatMap((left, i) =>
    atoms
      .slice(i + 1)
      .filter((right) => areCompared(left, right))
      .map((right) =>
        differInValues(left, right)
          ? ({ left: left.id, right: right.id, inside: undefined, by: "values" } as const)
          : ({ left: left.id, right: right.id, inside: insideOf(left, right), by: "rows" } as const),
      ),
  );
}

/**
 * Whether a condition asks an attribute or a measure for more than being there. Whatever it asks of a table behind an
 * outer join tells whether there is a row at all.
 */
function isTelling(condition: Bound, outer: ReadonlySet<string>): boolean {
  return someNode(condition, (node) => {
    // Whether an owner has rows in another table is an attribute.
    if (node.kind === "subquery") return true;
    // A column of rows joined through an attribute tells the attribute.
    if (node.kind === "ref" && node.ref.kind === "free") return true;
    if (node.kind !== "ref" || node.ref.kind !== "subject") return false;
    if (outer.has(node.ref.source)) return true;
    if (condition.kind === "is-null") return false;
    return node.ref.column.role === "attribute" || node.ref.column.role === "measure";
  });
}

/** That a row of an outer join is there, beside a sum of a column of that row. */
function isThereAnyway(condition: Bound, whole: Atom): boolean {
  if (condition.kind !== "is-null" || !condition.negated) return false;
  const source = plainSubject(condition.arg)?.source;
  return source !== undefined && whole.factors.some((factor) => plainSubject(factor)?.source === source);
}

/** Whether the part has a telling condition that the whole does not have. */
function tellsMore(part: Atom, whole: Atom, outer: ReadonlySet<string>): boolean {
  const has = new Set(whole.conditions.map(keyOf));
  return part.conditions.some(
    (condition) => !has.has(keyOf(condition)) && isTelling(condition, outer) && !isThereAnyway(condition, whole),
  );
}

/**
 * Pairs where the part tells more and lies inside the whole: because it only adds conditions, or because the data say
 * so. `outer`: aliases of tables behind an outer join. `gender <> 'X'` is everybody too, and beside it `income >= 0` tells as much as beside no condition at all.
 */
export function fullChecksOf(atoms: readonly Atom[], outer: ReadonlySet<string>): readonly FullCheck[] {
  return atoms.flatMap((part) =>
    atoms
      .filter(
        (whole) =>
          tellsMore(part, whole, outer) && (adds(part, whole) || (areCompared(part, whole) && !differInValues(part, whole))),
      )
      .map((whole) => ({ part: part.id, whole: whole.id, surely: adds(part, whole) })),
  );
}
