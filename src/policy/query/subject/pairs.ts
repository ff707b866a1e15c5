import type { Atom, AtomPair, FullCheck, RowsPair, ValuesPair } from "../release/model.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { isTrue } from "../tree/make.ts";
import { basesOf } from "./bases.ts";
import { looseCategoryOf } from "./category.ts";
import { checkCondition } from "./condition.ts";
import { constantOf } from "./constant.ts";
import { keyOf } from "./label.ts";
import { isTelling } from "./telling.ts";

/** What is to be known of the rows whose atoms are compared. */
interface PairedRows {
  /** Whether rows of several SELECTs are among them. */
  readonly united: boolean;
  /** Aliases of tables behind an outer join. */
  readonly outer: ReadonlySet<string>;
}

/** Only figures that share a base can be subtracted from each other. */
function shareBase(left: Atom, right: Atom): boolean {
  // Nobody sees how many rows a quantile has: only quantiles of one measure are held against each other.
  if (left.behind !== right.behind) return false;
  const bases = new Set(basesOf(left.factors));
  return basesOf(right.factors).some((base) => bases.has(base));
}

/** Two different totals of one base, or a total beside a count: their difference is in the values, not in the rows. */
function differInValues(left: Atom, right: Atom): boolean {
  return left.factors.map(keyOf).join("\n") !== right.factors.map(keyOf).join("\n");
}

/** Numbers of rows, of the same owners, and totals of such numbers are subtracted owner by owner. */
function numbersBetween(left: Atom, right: Atom, rows: PairedRows): readonly ValuesPair[] {
  const [a, b] = [rankOf(left), rankOf(right)];
  if ((a === b && a !== 0) || (left.owner !== undefined && right.owner !== undefined && left.owner.id !== right.owner.id))
    return [];
  const more = a > b ? "left" : "right";
  // A second row of an owner may be there by UNION ALL because of a condition: then how many have one is a number of people.
  const many = a === b || rows.united ? undefined : more;
  return [
    { left: left.id, right: right.id, by: "values", nested: true, many, tells: [left, right].some((atom) => tells(atom, rows)) },
  ];
}

/** 0 counts owners, 1 their rows, 2 adds up what was counted per owner. */
function rankOf(atom: Atom): 0 | 1 | 2 {
  if (atom.factors.length > 0) return 2;
  return atom.owner === undefined ? 1 : 0;
}

const sameConditions = (a: Atom, b: Atom): boolean => a.conditions.map(keyOf).join("\n") === b.conditions.map(keyOf).join("\n");

/** They share no row, whatever the data, so neither is a part of the other and their difference is no figure. */
function excludeEachOther(a: Atom, b: Atom): boolean {
  return a.conditions.some((p) => b.conditions.some((q) => differentTexts(p, q) || isElse(p, q) || isElse(q, p)));
}

/** One asks a text for x, the other the same text for y. Only texts: the same date or time can be written in several ways. */
function differentTexts(p: Bound, q: Bound): boolean {
  if (p.kind !== "compare" || q.kind !== "compare" || p.op !== "=" || q.op !== "=") return false;
  if (keyOf(p.left) !== keyOf(q.left) || looseCategoryOf(p.left, checkCondition)?.family !== "text") return false;
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

function insideOf(left: Atom, right: Atom): RowsPair["inside"] {
  if (surelyInside(left, right)) return "left";
  return surelyInside(right, left) ? "right" : undefined;
}

function areCompared(left: Atom, right: Atom): boolean {
  if (!shareBase(left, right) || differInValues(left, right)) return false;
  return !sameConditions(left, right) && !excludeEachOther(left, right);
}

/** How two atoms are subtracted: by their rows, by what each owner brings to them, both, or not at all. */
function pairsBetween(left: Atom, right: Atom, rows: PairedRows): readonly AtomPair[] {
  if (!shareBase(left, right)) return [];
  const ids = { left: left.id, right: right.id };
  if (left.factors.length === 0 || right.factors.length === 0) {
    if (!differInValues(left, right) && excludeEachOther(left, right)) return [];
    const inRows = areCompared(left, right) ? [{ ...ids, by: "rows", inside: insideOf(left, right) } as const] : [];
    return [...inRows, ...numbersBetween(left, right, rows)];
  }
  if (differInValues(left, right))
    return [{ ...ids, by: "values", nested: false, many: undefined, tells: [left, right].some((atom) => tells(atom, rows)) }];
  return areCompared(left, right) ? [{ ...ids, by: "rows", inside: insideOf(left, right) }] : [];
}

/** Whether a total is there, or differs from another, only for owners of whom more is asked. */
function tells(atom: Atom, { outer }: PairedRows): boolean {
  return atom.factors.some((factor) => {
    const field = plainSubject(factor);
    return field !== undefined && (outer.has(field.source) || field.derived?.tells === true || field.derived?.chosen === true);
  });
}

/**
 * Pairs whose difference must be safe as well. Whether one contains the other is found in the data, where it
 * counts: `sum(x) FILTER (a OR t)` beside `sum(x) FILTER (a)` gives t away however it is spelt.
 */
export function pairsOf(atoms: readonly Atom[], rows: PairedRows): readonly AtomPair[] {
  return atoms.flatMap((left, i) => atoms.slice(i + 1).flatMap((right) => pairsBetween(left, right, rows)));
}

/** That a row of an outer join is there, beside a sum of a column of that row. */
function isThereAnyway(condition: Bound, whole: Atom): boolean {
  const { behind, presence } = plainSubject(condition)?.derived ?? {};
  if (presence === true) return whole.factors.some((factor) => plainSubject(factor)?.derived?.behind === behind);
  if (condition.kind !== "is-null" || !condition.negated) return false;
  const source = plainSubject(condition.arg)?.source;
  return source !== undefined && whole.factors.some((factor) => plainSubject(factor)?.source === source);
}

/** Whether the part has a telling condition that the whole does not have. */
function tellsMore(part: Atom, whole: Atom, outer: ReadonlySet<string>, given: readonly Bound[]): boolean {
  const has = new Set([...whole.conditions, ...given].map(keyOf));
  return part.conditions.some(
    (condition) => !has.has(keyOf(condition)) && isTelling(condition, outer) && !isThereAnyway(condition, whole),
  );
}

/**
 * Pairs where the part tells more and lies inside the whole: because it only adds conditions, or because the data say
 * so. `outer`: aliases of tables behind an outer join; `given`: what all rows meet. `gender <> 'X'` is everybody too, and beside it `income >= 0` tells as much as beside no condition at all.
 */
export function fullChecksOf(atoms: readonly Atom[], outer: ReadonlySet<string>, given: readonly Bound[]): readonly FullCheck[] {
  return atoms.flatMap((part) =>
    atoms
      .filter(
        (whole) =>
          part.behind === whole.behind && tellsMore(part, whole, outer, given) && (adds(part, whole) || areCompared(part, whole)),
      )
      .map((whole) => ({ part: part.id, whole: whole.id, surely: adds(part, whole) })),
  );
}
