import { type At, stop } from "../refusal.ts";
import { sizeOf } from "../resolve/budget.ts";
import { type Bound, refTo } from "../resolve/field.ts";
import { chosenColumns, type NameContext, resolveNames } from "../resolve/names.ts";
import { findColumn, type Scope, type ScopeColumn, unknownName, visibleColumns } from "../resolve/scope.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { foldName } from "../schema.ts";
import { call, compare, isNull, literalNull, logic } from "../tree/make.ts";
import { childrenOf } from "../tree/rebuild.ts";
import type { FromTree, PivotEntry, Written } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import { freeQuery } from "./free-from.ts";
import { columnId, plainQuery, type QueryPlan, type Relation } from "./query-plan.ts";
import { namesIn } from "./subquery.ts";

type FromOf<K extends FromTree["kind"]> = Extract<FromTree, { kind: K }>;
type FreeRelation = Extract<Relation, { kind: "free" }>;

/** Columns that one PIVOT may make. */
const maxPivoted = 200;

const textLiteral = (value: string): Bound => ({ kind: "literal", value: { type: "text", value }, at: undefined });

/** Names of columns come from the statement alone, never from rows; and only rows that may be shown are turned. */
function freeSource(source: Relation, what: string, at: At): FreeRelation {
  if (source.kind === "free") return source;
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    at,
    `${what} of protected rows`,
    "Aggregate first: PIVOT (SELECT district, gender, count(*) AS n FROM person GROUP BY ALL) ON gender IN ('F', 'M') USING sum(n).",
  );
}

/** Names of columns in expressions, folded. */
function namesOf(exprs: readonly Written[]): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (expr: Written): void => {
    if (expr.kind === "ref") found.add(foldName(expr.ref.name));
    for (const child of childrenOf(expr)) walk(child);
  };
  for (const expr of exprs) walk(expr);
  return found;
}

function otherColumns(scope: Scope, used: ReadonlySet<string>): readonly ScopeColumn[] {
  return visibleColumns(scope).filter((column) => column.name === undefined || !used.has(foldName(column.name)));
}

/** Every aggregate of an expression over those rows only that meet the condition. */
function filtered(expr: Bound, condition: Bound): Bound {
  if (expr.kind === "ref") return expr;
  if (expr.kind !== "aggregate") return rebuildBound(expr, (child) => filtered(child, condition));
  // The engine puts its own filter in the place of a written one, and so loses it.
  if (expr.filter !== undefined) stop("QUERY_CLAUSE_UNSUPPORTED", expr.at, "FILTER on an aggregate of PIVOT");
  return { ...expr, filter: condition };
}

/** The engine compares keys by their texts. */
function meets(keys: readonly Bound[], { values }: PivotEntry): readonly Bound[] {
  return keys.map((arg, i) => {
    const text: Bound = { kind: "cast", arg, type: "VARCHAR", lenient: false, at: arg.at };
    const value = values[i];
    return compare("not-distinct", text, value === undefined ? literalNull : textLiteral(value));
  });
}

interface Place {
  readonly conditions: readonly Bound[];
  readonly name: string;
}

/** One place for each combination of the values of all keys. */
function placesOf(tree: FromOf<"pivot">, context: NameContext): readonly Place[] {
  let places: readonly Place[] = [{ conditions: [], name: "" }];
  for (const { keys, entries } of tree.pivots) {
    const bound = keys.map((key) => resolveNames(key, context));
    places = places.flatMap((place) =>
      entries.map((entry) => ({
        conditions: [...place.conditions, ...meets(bound, entry)],
        name: place.name === "" ? entry.name : `${place.name}_${entry.name}`,
      })),
    );
    if (places.length * tree.aggregates.length > maxPivoted)
      stop("QUERY_TOO_LARGE", tree.at, `a PIVOT of more than ${maxPivoted} columns`);
  }
  return places;
}

function contextOf(source: FreeRelation, env: Env): NameContext {
  return { ...namesIn(env, source.scope, "free"), aliases: new Map(), prefer: "columns" };
}

function inline(query: QueryPlan, names: readonly (string | undefined)[], tree: FromOf<"pivot" | "unpivot">, env: Env): Relation {
  const compiled = { kind: "free", query, names } as const;
  return freeQuery(compiled, (own, alias) => ({ kind: "query", query: own, alias }), tree.alias, tree.columns, env);
}

/** PIVOT: a grouping whose aggregates each look at the rows of one value. */
export function compilePivot(tree: FromOf<"pivot">, relation: Relation, env: Env): Relation {
  const source = freeSource(relation, "PIVOT", tree.at);
  const context = contextOf(source, env);
  const used = namesOf([...tree.aggregates.map(({ expr }) => expr), ...tree.pivots.flatMap(({ keys }) => keys)]);
  const groups =
    tree.groups.length === 0
      ? otherColumns(source.scope, used)
      : tree.groups.map((name) => findColumn(source.scope, { name, qualifier: [] }, tree.at) ?? unknownName(name, tree.at));
  const aggregates = tree.aggregates.map(({ expr, name }) => ({ name, expr: resolveNames(expr, context) }));
  const cells = placesOf(tree, context).flatMap((place) =>
    aggregates.map(({ name, expr }) => ({
      name: name === undefined ? place.name : `${place.name}_${name}`,
      expr: filtered(expr, logic("and", place.conditions)),
    })),
  );
  for (const { expr } of cells) env.state.budget.spend(sizeOf(expr));
  const groupBy = groups.map((column) => column.expr);
  const items = [...groupBy, ...cells.map(({ expr }) => expr)];
  const names = [...groups.map(({ name }) => name), ...cells.map(({ name }) => name)];
  return inline({ ...plainQuery, items, from: source.from, groupBy }, names, tree, env);
}

interface Row {
  readonly name: string;
  readonly exprs: readonly Bound[];
  /** Columns that it uses up, folded. */
  readonly uses: readonly string[];
}

function writtenNames(expr: Written): readonly string[] {
  return expr.kind === "ref" ? [expr.ref.name] : childrenOf(expr).flatMap(writtenNames);
}

function rowsOf(tree: FromOf<"unpivot">, context: NameContext): readonly Row[] {
  return tree.entries.flatMap((entry): readonly Row[] => {
    if (entry.kind === "star")
      return chosenColumns(entry.star, context).map(({ name, expr }) => {
        if (name === undefined) return stop("QUERY_CLAUSE_UNSUPPORTED", tree.at, "UNPIVOT of a column that has no name");
        return { name, exprs: [expr], uses: [foldName(name)] };
      });
    // What is no column by itself has the names of those in it.
    const written = entry.exprs.flatMap(writtenNames);
    const exprs = entry.exprs.map((expr) => resolveNames(expr, context));
    if (exprs.length !== tree.values.length) return stop("QUERY_UNREADABLE", tree.at, "UNPIVOT of other numbers of columns");
    return [{ name: entry.name ?? written.join("_"), exprs, uses: written.map(foldName) }];
  });
}

const unnested = (values: readonly Bound[]): Bound => call("unnest", call("list_value", ...values));

/** UNPIVOT: each row as many times as there are entries, unless the value is missing. */
export function compileUnpivot(tree: FromOf<"unpivot">, relation: Relation, env: Env): Relation {
  const source = freeSource(relation, "UNPIVOT", tree.at);
  const context = contextOf(source, env);
  const rows = rowsOf(tree, context);
  const others = otherColumns(source.scope, new Set(rows.flatMap(({ uses }) => uses)));
  const lists = tree.values.map((_value, i) => unnested(rows.flatMap(({ exprs }) => exprs.slice(i, i + 1))));
  const items = [...others.map(({ expr }) => expr), unnested(rows.map(({ name }) => textLiteral(name))), ...lists];
  const names = [...others.map(({ name }) => name), tree.name, ...tree.values];
  const alias = env.state.nextAlias();
  const columns = items.map((_item, i) => refTo({ kind: "free", source: alias, column: columnId(i) }, undefined));
  const values = columns.slice(others.length + 1).map((column) => isNull(column, true));
  const from = { kind: "query", query: { ...plainQuery, items, from: source.from }, alias } as const;
  const where = tree.includeNulls ? undefined : logic("and", values);
  return inline({ ...plainQuery, items: columns, from, where }, names, tree, env);
}
