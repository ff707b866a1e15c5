import { stop } from "../refusal.ts";
import type { ReleaseDraft, ReleaseKey } from "../release/model.ts";
import { holdsUnited, nullableAliases } from "../release/rows.ts";
import { type Bound, refTo, type SubjectRows } from "../resolve/field.ts";
import { fieldsFromAround, rebuildBound } from "../resolve/tied.ts";
import { createAtomBook } from "../subject/atoms.ts";
import { checkCondition } from "../subject/condition.ts";
import type { FigureContext } from "../subject/figure-parts.ts";
import { figureOf } from "../subject/figures.ts";
import { checkGroupKey } from "../subject/group-key.ts";
import { keyOf, labelOf } from "../subject/label.ts";
import { findOwners } from "../subject/owners.ts";
import { fullChecksOf, pairsOf } from "../subject/pairs.ts";
import { createQuantileBook } from "../subject/quantiles.ts";
import { checkSteering } from "../subject/steering.ts";
import { call, compare, isNull, logic, numberLiteral } from "../tree/make.ts";
import type { SelectTree } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import { resolveLimits } from "./limits.ts";
import { columnId, type FromPlan, plainQuery, type QueryPlan } from "./query-plan.ts";
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
    if (expr.kind === "ref")
      return stop("QUERY_ROWS_NOT_SHOWN", expr.at, `the column ${labelOf(expr)} outside GROUP BY and aggregates`);
    return rebuildBound(expr, rewrite);
  };
  return rewrite;
}

type Release = Omit<ReleaseDraft, "id" | "pairs" | "fullChecks">;

/** What chooses the rows of quantiles must not steer them. */
function checkQuantiles({ rows, keys, atoms, quantiles }: Release): void {
  for (const { conditions } of atoms.filter(({ id }) => quantiles.some(({ count }) => count === id)))
    checkSteering(
      rows,
      keys.map((key) => key.expr),
      conditions,
    );
}

function addRelease(release: Release, env: Env): ReleaseDraft {
  const { atoms, rows } = release;
  checkQuantiles(release);
  const made: ReleaseDraft = Object.freeze({
    ...release,
    id: `r${env.state.releases.length + 1}`,
    pairs: pairsOf(atoms, { united: holdsUnited(rows.from), outer: nullableAliases(rows.from) }),
    fullChecks: fullChecksOf(atoms, nullableAliases(rows.from), rows.conditions),
  });
  env.state.releases.push(made);
  env.state.steps.push({ kind: "release", release: made });
  return made;
}

const column = (source: string, name: string): Bound => refTo({ kind: "free", source, column: name }, undefined);

/** Free rows as columns of the given names under an alias. */
interface Side {
  readonly from: FromPlan;
  readonly alias: string;
}

/**
 * count(DISTINCT x) of a category: a release by x beside the others, in which each value is judged by itself, and
 * the number of its cells. Values with few owners do not count, so nobody's rare value shows as one more.
 */
function countedValues(of: Bound, conditions: readonly Bound[], release: Omit<Release, "atoms" | "quantiles">, env: Env): Side {
  checkGroupKey(of);
  const book = createAtomBook(release.rows.conditions);
  book.add({ aggregate: "count", factors: [], conditions: [...conditions, isNull(of, true)], owner: undefined });
  const keys = [...release.keys, { id: "kx", label: labelOf(of), expr: of }];
  const cells = env.state.nextAlias();
  const made = addRelease({ ...release, keys, atoms: book.atoms(), quantiles: [] }, env);
  const own = release.keys.map((key) => column(cells, key.id));
  const number: Bound = {
    kind: "aggregate",
    fn: "count",
    args: [column(cells, "kx")],
    distinct: false,
    filter: undefined,
    order: [],
    at: undefined,
  };
  const query: QueryPlan = {
    ...plainQuery,
    items: [...own, call("nullif", number, numberLiteral("0", "integer"))],
    from: { kind: "release", release: made, alias: cells },
    groupBy: own,
  };
  const alias = env.state.nextAlias();
  return { from: { kind: "query", query, alias }, alias };
}

/** The cells of a release, each with the counts of its values beside it. */
function besideCells(cells: Side, keys: readonly ReleaseKey[], counts: readonly Side[]): FromPlan {
  return counts.reduce((left: FromPlan, { from, alias }): FromPlan => {
    const on = keys.map((key, i) => compare("not-distinct", column(cells.alias, key.id), column(alias, columnId(i))));
    return on.length === 0
      ? { kind: "join", join: "cross", left, right: from, on: undefined, lateral: false }
      : { kind: "join", join: "left", left, right: from, on: logic("and", on), lateral: false };
  }, cells.from);
}

/** A grouped SELECT over rows of owners: the release where they disappear, and a SELECT over its cells. */
export function governedSelect(
  tree: Pick<SelectTree, "distinct" | "limit" | "offset" | "at">,
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
  const quantiles = createQuantileBook();
  const alias = env.state.nextAlias();
  const counts: Side[] = [];
  const figures: FigureContext = {
    book,
    quantiles,
    owners,
    source: alias,
    outer: nullableAliases(rows.from),
    distinctValues(of, conditions) {
      const side = countedValues(of, conditions, { rows, owners, keys }, env);
      counts.push(side);
      return column(side.alias, columnId(keys.length));
    },
  };
  const rewrite = rewriter(new Map(keys.map((key) => [keyOf(key.expr), key.id])), figures);
  const optional = (expr: Bound | undefined): Bound | undefined => (expr === undefined ? undefined : rewrite(expr));
  const items = select.items.map((item) => rewrite(item.expr));
  const where = optional(select.having);
  const qualify = optional(select.qualify);
  const order = select.order.map((item) => ({ ...item, expr: rewrite(item.expr) }));
  // A group without figures still shows that somebody is in it: its rows are judged like a count.
  if (book.atoms().length === 0) book.add({ aggregate: "count", factors: [], conditions: [], owner: undefined });
  const release = addRelease({ rows, owners, keys, atoms: book.atoms(), quantiles: quantiles.quantiles() }, env);
  const { distinct } = tree;
  const { limit, offset } = resolveLimits(tree, env);
  const from = besideCells({ from: { kind: "release", release, alias }, alias }, keys, counts);
  return { ...plainQuery, items, from, where, qualify, distinct, order, limit, offset };
}
