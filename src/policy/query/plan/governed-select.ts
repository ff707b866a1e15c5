import { stop } from "../refusal.ts";
import type { ReleaseDraft, ReleaseKey } from "../release/model.ts";
import { nullableAliases } from "../release/rows.ts";
import { type Bound, refTo, type SubjectRows } from "../resolve/field.ts";
import { fieldsFromAround, rebuildBound } from "../resolve/tied.ts";
import { createAtomBook } from "../subject/atoms.ts";
import { checkCondition } from "../subject/condition.ts";
import { type FigureContext, figureOf } from "../subject/figures.ts";
import { checkGroupKey } from "../subject/group-key.ts";
import { keyOf, labelOf } from "../subject/label.ts";
import { findOwners } from "../subject/owners.ts";
import { fullChecksOf, pairsOf } from "../subject/pairs.ts";
import type { SelectTree } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { SelectParts } from "./select-parts.ts";

function keysOf(groupBy: readonly Bound[]): readonly ReleaseKey[] {
  const distinct = [...new Map(groupBy.map((expr) => [keyOf(expr), expr])).values()];
  return distinct.map((expr, i) => {
    checkGroupKey(expr);
    return { id: `k${i + 1}`, label: labelOf(expr), expr };
  });
}

/** Group keys become columns of the release, aggregates become figures of its atoms, what stands around them stays. */
function rewriter(keys: ReadonlyMap<string, string>, figures: FigureContext): (expr: Bound) => Bound {
  const rewrite = (expr: Bound): Bound => {
    const key = keys.get(keyOf(expr));
    if (key !== undefined) return refTo({ kind: "free", source: figures.source, column: key }, expr.at);
    if (expr.kind === "aggregate") return figureOf(expr, figures);
    if (expr.kind === "subquery" && expr.query.kind === "tied")
      return stop("QUERY_ROWS_NOT_SHOWN", expr.at, "a subquery about single owners outside GROUP BY and aggregates");
    if (expr.kind === "ref")
      return stop("QUERY_ROWS_NOT_SHOWN", expr.at, `the column ${labelOf(expr)} outside GROUP BY and aggregates`);
    return rebuildBound(expr, rewrite);
  };
  return rewrite;
}

/** A grouped SELECT over rows of owners: the release where they disappear, and a SELECT over its cells. */
export function governedSelect(
  tree: SelectTree,
  rows: SubjectRows,
  select: SelectParts,
  groupBy: readonly Bound[],
  env: Env,
): QueryPlan {
  const { owners, filters } = findOwners(rows);
  if (fieldsFromAround(rows).length > 0) stop("QUERY_SUBQUERY", tree.at, "figures that look at the row around their subquery");
  for (const filter of filters) checkCondition(filter);
  const keys = keysOf(groupBy);
  const book = createAtomBook(rows.conditions);
  const alias = env.state.nextAlias();
  const rewrite = rewriter(new Map(keys.map((key) => [keyOf(key.expr), key.id])), { book, owners, source: alias });
  const optional = (expr: Bound | undefined): Bound | undefined => (expr === undefined ? undefined : rewrite(expr));
  const items = select.items.map((item) => rewrite(item.expr));
  const where = optional(select.having);
  const qualify = optional(select.qualify);
  const order = select.order.map((item) => ({ ...item, expr: rewrite(item.expr) }));
  // A group without figures still shows that somebody is in it: its rows are judged like a count.
  if (book.atoms().length === 0) book.add({ aggregate: "count", factors: [], conditions: [], owner: undefined });
  const atoms = book.atoms();
  const release: ReleaseDraft = Object.freeze({
    id: `r${env.state.releases.length + 1}`,
    rows,
    owners,
    keys,
    atoms,
    pairs: pairsOf(atoms),
    fullChecks: fullChecksOf(atoms, nullableAliases(rows.from)),
  });
  env.state.releases.push(release);
  env.state.steps.push({ kind: "release", release });
  const { distinct, limit, offset } = tree;
  return {
    ctes: [],
    items,
    from: { kind: "release", release, alias },
    where,
    groupBy: [],
    having: undefined,
    qualify,
    distinct,
    order,
    limit,
    offset,
  };
}
