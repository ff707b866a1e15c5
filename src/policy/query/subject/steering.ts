import { stop } from "../refusal.ts";
import { leavesOf, outerConditions, selectsOf } from "../release/rows.ts";
import { type Bound, type DerivedRows, type Field, plainSubject, type SubjectRows } from "../resolve/field.ts";
import type { CompareOp } from "../tree/expression.ts";
import { conjunctsOf, isTrue } from "../tree/make.ts";
import { childrenOf, someNode } from "../tree/rebuild.ts";
import { isMeasure } from "./category.ts";
import { constantOf } from "./constant.ts";

/** What a column of derived rows is made of, in each SELECT that is united in them; nothing for a stored one. */
function madeOf(field: Field, rows: SubjectRows): readonly { readonly expr: Bound; readonly rows: SubjectRows }[] {
  const derived = leavesOf(rows.from).find((leaf) => leaf.alias === field.source)?.derived;
  const place = derived?.columns.findIndex((one) => field.kind === "subject" && one.field.column.name === field.column.name);
  if (derived === undefined || place === undefined || place < 0) return [];
  return selectsOf(derived).flatMap((select) =>
    select.exprs.slice(place, place + 1).map((expr) => ({ expr, rows: select.rows })),
  );
}

/** Whether a measure has a say in it, through derived columns and tied subqueries too. */
function asksMeasure(expr: Bound, rows: SubjectRows): boolean {
  return someNode(expr, (node) => {
    if (node.kind === "subquery") {
      const { query } = node;
      return query.kind === "tied" && conditionsOf(query.rows).some((condition) => asksMeasure(condition, query.rows));
    }
    if (node.kind !== "ref") return false;
    if (node.ref.kind === "subject" && isMeasure(node.ref)) return true;
    return madeOf(node.ref, rows).some((made) => asksMeasure(made.expr, made.rows));
  });
}

const conditionsOf = (rows: SubjectRows): readonly Bound[] => [...outerConditions(rows.from), ...rows.conditions];

const ranges: ReadonlySet<CompareOp> = new Set(["<", "<=", ">", ">="]);

/** The plain measure in a range, or whether it is there. */
function isRange(condition: Bound): boolean {
  const isPlain = (expr: Bound): boolean => plainSubject(expr) !== undefined;
  if (condition.kind === "is-null") return isPlain(condition.arg);
  if (condition.kind !== "compare" || !ranges.has(condition.op)) return false;
  return [condition.left, condition.right].every((side) => isPlain(side) || constantOf(side) !== undefined);
}

function refuse(expr: Bound): never {
  stop(
    "QUERY_MEASURE_CONDITION",
    expr.at,
    "a quantile steered by a condition on a measure that is no plain range",
    "Beside a quantile, write conditions on measures as plain ranges joined by AND: no OR, NOT, CASE or bucket holds a measure.",
  );
}

/** A branch is chosen where its condition holds and left where it does not, so nothing stands beside its ranges. */
function checkChoice(when: Bound, rows: SubjectRows): void {
  if (asksMeasure(when, rows) && !conjunctsOf(when).every((part) => isRange(part) && asksMeasure(part, rows))) refuse(when);
}

const choices: ReadonlySet<Bound["kind"]> = new Set(["compare", "logic", "not", "is-null", "in", "subquery"]);

/** Buckets and bands of measures make groups; a band is cut by ranges alone. */
function checkKey(key: Bound, rows: SubjectRows): void {
  if (choices.has(key.kind)) {
    checkChoice(key, rows);
    return;
  }
  if (key.kind === "ref") {
    for (const made of madeOf(key.ref, rows)) checkKey(made.expr, made.rows);
    return;
  }
  for (const child of childrenOf(key)) checkKey(child, rows);
}

function checkRows(rows: SubjectRows): void {
  for (const condition of conditionsOf(rows).flatMap(conjunctsOf)) checkPart(condition, rows);
  for (const { derived } of leavesOf(rows.from)) if (derived !== undefined) checkDerived(derived);
}

/** Of united rows each SELECT is a disjunct: there no measure is asked at all. */
function checkDerived(derived: DerivedRows): void {
  for (const { rows } of selectsOf(derived)) {
    const asked = conditionsOf(rows).find((condition) => asksMeasure(condition, rows));
    if (derived.united !== undefined && asked !== undefined) refuse(asked);
    checkRows(rows);
  }
}

function checkPart(condition: Bound, rows: SubjectRows): void {
  if (!isRange(condition) && asksMeasure(condition, rows)) refuse(condition);
}

/**
 * Holds the rows of a quantile to design §5: conditions on measures are ranges at the top. A disjunct that holds a
 * measure chooses who stands below the point and who above, and the point then tells on which side one person is.
 */
export function checkSteering(rows: SubjectRows, keys: readonly Bound[], conditions: readonly Bound[]): void {
  checkRows(rows);
  for (const key of keys) checkKey(key, rows);
  for (const condition of conditions) if (!isTrue(condition)) checkPart(condition, rows);
}
