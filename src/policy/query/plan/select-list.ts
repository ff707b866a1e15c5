import { stop } from "../refusal.ts";
import type { Bound, Field, SubqueryRef } from "../resolve/field.ts";
import { type Aliases, chosenColumns, type NameContext, resolveNames } from "../resolve/names.ts";
import { aliasedName, starIn, withPlace } from "../resolve/star.ts";
import { foldName } from "../schema.ts";
import type { OrderItem } from "../tree/expression.ts";
import { conjunctsOf, logic } from "../tree/make.ts";
import { someNode } from "../tree/rebuild.ts";
import type { OrderTree, SelectTree, StarTree, Written } from "../tree/statement.ts";
import { createTotalsBeside, type TotalsBeside } from "./beside-totals.ts";
import type { Env } from "./env.ts";
import type { Relation } from "./query-plan.ts";
import { namesIn } from "./subquery.ts";

export interface Item {
  readonly name: string | undefined;
  readonly expr: Bound;
}

/** A SELECT with every name put in its meaning, before anything is judged. */
export interface ResolvedSelect {
  readonly items: readonly Item[];
  readonly where: Bound | undefined;
  /** Undefined where the statement does not group at all. */
  readonly groupBy: readonly Bound[] | undefined;
  /** What GROUP BY names, constants included: over no rows at all a constant still groups. */
  readonly groups: readonly Bound[];
  readonly groupSets: SelectTree["groupSets"];
  readonly distinctOn: readonly Bound[];
  readonly having: Bound | undefined;
  readonly qualify: Bound | undefined;
  readonly order: readonly OrderItem<Field, SubqueryRef>[];
  /** Totals of owners that stand as values in any of these. */
  readonly totals: TotalsBeside;
}

/** Output columns of one SELECT. */
const maxColumns = 200;

export function hasAggregate(expr: Bound): boolean {
  return someNode(expr, (node) => node.kind === "aggregate");
}

function resolveItems(
  tree: SelectTree,
  context: (aliases: Aliases) => NameContext,
): { items: readonly Item[]; aliases: Aliases } {
  const aliases = new Map<string, Bound>();
  const items = tree.items.flatMap((item): readonly Item[] => {
    const own = context(aliases);
    if (item.kind === "star") {
      return chosenColumns(item.star, own).map(({ name, expr }) => ({ name: aliasedName(item.star, name, item.alias), expr }));
    }
    const expanded = expandStars(item.expr, own).map(({ expr, star, name }): Item => {
      const given = star === undefined ? item.alias : aliasedName(star, name, item.alias);
      return { name: given ?? columnName(item.expr) ?? item.made, expr: resolveNames(expr, own) };
    });
    const [only, ...more] = expanded;
    if (item.alias !== undefined && only !== undefined && more.length === 0 && !aliases.has(foldName(item.alias)))
      aliases.set(foldName(item.alias), only.expr);
    return expanded;
  });
  if (items.length > maxColumns) stop("QUERY_TOO_LARGE", tree.at, `more than ${maxColumns} output columns`);
  return { items, aliases };
}

/** GROUP BY ALL groups by what looks at a column; a constant, even a computed one, makes no group of no rows. */
function looksAtRows(expr: Bound): boolean {
  // Parameters of lambdas have no table.
  return someNode(expr, (node) => {
    if (node.kind === "ref") return node.ref.source !== "";
    return node.kind === "subquery" && (node.query.kind === "tied" || node.query.looks);
  });
}

/** An expression, or one for each column that the COLUMNS(…) in it chooses. */
function expandStars(
  expr: Written,
  context: NameContext,
): readonly { readonly expr: Written; readonly star: StarTree | undefined; readonly name: string | undefined }[] {
  const star = starIn(expr);
  if (star === undefined) return [{ expr, star, name: undefined }];
  return chosenColumns(star, context).map(({ name }, i) => ({ expr: withPlace(expr, i + 1), star, name }));
}

/** The same where several are one after the other. */
function resolveEach(expr: Written, context: NameContext): readonly Bound[] {
  return expandStars(expr, context).map((one) => resolveNames(one.expr, context));
}

function columnName(expr: Written): string | undefined {
  return expr.kind === "ref" ? expr.ref.name : undefined;
}

/** A whole number in GROUP BY or ORDER BY is the place of an output column. */
function ordinal(expr: Written, items: readonly Item[]): Bound | undefined {
  if (expr.kind !== "literal" || expr.value.type !== "number" || expr.value.form !== "integer") return undefined;
  return items[Number(expr.value.text) - 1]?.expr ?? stop("QUERY_NAME_UNKNOWN", expr.at, `the output column ${expr.value.text}`);
}

/** Constants group and order nothing; what is left of them is dropped. */
function withoutConstants(exprs: readonly Bound[]): readonly Bound[] {
  return exprs.filter((expr) => expr.kind !== "literal");
}

export function resolveOrder(
  tree: OrderTree,
  items: readonly Item[],
  context: NameContext,
): readonly OrderItem<Field, SubqueryRef>[] {
  if (tree.kind === "all") {
    const { direction, nulls } = tree;
    return withoutConstants(items.map((item) => item.expr)).map((expr) => ({ expr, direction, nulls }));
  }
  return tree.items
    .flatMap((item) => {
      const place = ordinal(item.expr, items);
      return (place === undefined ? resolveEach(item.expr, context) : [place]).map((expr) => ({ ...item, expr }));
    })
    .filter((item) => item.expr.kind !== "literal");
}

export function resolveSelect(tree: SelectTree, relation: Relation, env: Env): ResolvedSelect {
  const { scope, kind } = relation;
  const totals = createTotalsBeside();
  const rows = relation.kind === "subject" ? relation.rows : undefined;
  const names = namesIn(env, scope, kind, { rows, totals });
  const context = (aliases: Aliases): NameContext => ({ ...names, aliases, prefer: "columns" });
  const { items, aliases } = resolveItems(tree, context);
  const resolve = (expr: Written | undefined): Bound | undefined =>
    expr === undefined ? undefined : resolveNames(expr, context(aliases));
  const key = (expr: Written): Bound => ordinal(expr, items) ?? resolveNames(expr, context(aliases));
  const keys = (expr: Written): readonly Bound[] =>
    starIn(expr) === undefined ? [key(expr)] : resolveEach(expr, context(aliases));
  const having = resolve(tree.having);
  const order = resolveOrder(tree.order, items, { ...context(aliases), prefer: "aliases" });
  const written = tree.groupBy.map(key);
  const all = tree.groupAll ? items.map((item) => item.expr).filter((expr) => !hasAggregate(expr) && looksAtRows(expr)) : [];
  const groups = [...written, ...all];
  const aggregates = [...items.map((item) => item.expr), ...order.map((item) => item.expr)].some(hasAggregate);
  const grouped = groups.length > 0 || tree.groupSets !== undefined || tree.groupAll || having !== undefined || aggregates;
  return {
    items,
    where:
      tree.where === undefined
        ? undefined
        : logic(
            "and",
            conjunctsOf(tree.where).flatMap((one) => resolveEach(one, context(aliases))),
          ),
    groupBy: grouped ? withoutConstants(groups) : undefined,
    groups,
    groupSets: tree.groupSets,
    having,
    qualify: resolve(tree.qualify),
    distinctOn: tree.distinctOn.flatMap(keys),
    order,
    totals,
  };
}
