import { leavesOf, mapRows, outerConditions, selectsOf } from "../release/rows.ts";
import { childrenOf, rebuildWith } from "../tree/rebuild.ts";
import type { Bound, DerivedRows, Field, RowsFrom, SubjectRows, SubqueryRef, TiedSubquery } from "./field.ts";

type Ref = Extract<Bound, { kind: "ref" }>;

const aliases = (from: RowsFrom): readonly string[] => leavesOf(from).map((leaf) => leaf.alias);

/** Columns that an expression names; of a tied subquery those that it takes from around it. */
export function fieldsIn(expr: Bound): readonly Field[] {
  if (expr.kind === "ref") return [expr.ref];
  const own = expr.kind === "subquery" && expr.query.kind === "tied" ? fieldsFromAround(expr.query.rows) : [];
  return [...own, ...childrenOf(expr).flatMap(fieldsIn)];
}

/** Columns that rows take from around them, through all that they are derived from. */
export function fieldsFromAround(rows: SubjectRows): readonly Field[] {
  const own = new Set(aliases(rows.from));
  const named = [...outerConditions(rows.from), ...rows.conditions].flatMap(fieldsIn);
  const derived = leavesOf(rows.from).flatMap((leaf) => (leaf.derived === undefined ? [] : fieldsOfDerived(leaf.derived)));
  return [...named, ...derived].filter((field) => !own.has(field.source));
}

/** What stands in GROUP BY stands in the columns as well. */
export function fieldsOfDerived(derived: DerivedRows): readonly Field[] {
  return selectsOf(derived).flatMap(({ rows, exprs }) => {
    const own = new Set(aliases(rows.from));
    return [...fieldsFromAround(rows), ...exprs.flatMap(fieldsIn).filter((field) => !own.has(field.source))];
  });
}

/** A tied subquery with the columns that it takes from around it made anew. */
export function changeAround(
  query: TiedSubquery,
  change: (ref: Ref) => Bound,
  own: ReadonlySet<string> = new Set(),
): TiedSubquery {
  const inner = new Set([...own, ...aliases(query.rows.from)]);
  const changed = (expr: Bound): Bound => {
    if (expr.kind === "ref") return inner.has(expr.ref.source) ? expr : change(expr);
    return rebuildWith<Field, Field, SubqueryRef, SubqueryRef>(expr, changed, (nested) =>
      nested.kind === "tied" ? changeAround(nested, change, inner) : nested,
    );
  };
  return { ...query, rows: mapRows(query.rows, (leaf) => leaf, changed) };
}

/** The same node over changed children, and over changed columns where a tied subquery takes them from around it. */
export function rebuildBound(expr: Exclude<Bound, { kind: "ref" }>, change: (child: Bound) => Bound): Bound {
  return rebuildWith(expr, change, (query) => (query.kind === "tied" ? changeAround(query, change) : query));
}
