import { stop } from "../refusal.ts";
import { type Bound, type Field, refTo } from "../resolve/field.ts";
import { resolveNames } from "../resolve/names.ts";
import { emptyScope, findColumn, type Scope, type ScopeColumn, unknownName } from "../resolve/scope.ts";
import { findTable, foldName, reservedPrefix, type SchemaTable, subjectOf } from "../schema.ts";
import { call, compare, conjunctsOf, logic } from "../tree/make.ts";
import { rebuild } from "../tree/rebuild.ts";
import type { FromTree, JoinKind, SelectTree } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import { type Compiled, columnId, type FromPlan, type QueryPlan, type Relation } from "./query-plan.ts";

export type CompileQuery = (tree: SelectTree, env: Env) => Compiled;
/** Protected tables joined in one SELECT: WITH queries that name each other twice would double them without end. */
const maxTables = 32;

type FromOf<K extends FromTree["kind"]> = Extract<FromTree, { kind: K }>;

function freeColumns(alias: string, ids: readonly string[], names: readonly (string | undefined)[]): readonly ScopeColumn[] {
  return ids.map((column, i) => ({ name: names[i], expr: refTo({ kind: "free", source: alias, column }, undefined) }));
}

/** t(a, b): the first columns under the operator's own names. */
function renamed(columns: readonly ScopeColumn[], names: readonly string[]): readonly ScopeColumn[] {
  return columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
}

function scopeOf(alias: string | undefined, columns: readonly ScopeColumn[]): Scope {
  return { sources: [{ alias, columns }], merged: [] };
}

/** A compiled query as a relation: released rows under an alias, rows of owners with their columns put in place. */
function relationOf(
  compiled: Compiled,
  from: (query: QueryPlan, alias: string) => FromPlan,
  label: string | undefined,
  names: readonly string[],
  env: Env,
): Relation {
  if (compiled.kind === "subject") return { ...compiled, scope: scopeOf(label, renamed(compiled.columns, names)) };
  const alias = env.state.nextAlias();
  const ids = compiled.names.map((_name, i) => columnId(i));
  return {
    kind: "free",
    from: from(compiled.query, alias),
    scope: scopeOf(label, renamed(freeColumns(alias, ids, compiled.names), names)),
  };
}

function protectedTable(table: SchemaTable, label: string, tree: FromOf<"table">, env: Env): Relation {
  const alias = env.state.nextAlias();
  const columns = table.columns.map((column): ScopeColumn => {
    const subject = subjectOf(table, column.name);
    return { name: column.name, expr: refTo({ kind: "subject", source: alias, table, column, subject }, undefined) };
  });
  return {
    kind: "subject",
    leaves: [{ table, alias, at: tree.at }],
    conditions: [],
    scope: scopeOf(label, renamed(columns, tree.columns)),
  };
}

/** Rows of owners under aliases of this use alone: a WITH query that is named twice stands for two tables. */
function ofThisUse(compiled: Compiled, env: Env): Compiled {
  if (compiled.kind === "free") return compiled;
  const use = env.state.nextAlias();
  const alias = (source: string): string => `${use}_${source}`;
  const moved = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    if (expr.kind === "ref") return refTo({ ...expr.ref, source: alias(expr.ref.source) }, expr.at);
    return rebuild<Field, Field>(expr, moved);
  };
  return {
    kind: "subject",
    leaves: compiled.leaves.map((leaf) => ({ ...leaf, alias: alias(leaf.alias) })),
    conditions: compiled.conditions.map(moved),
    columns: compiled.columns.map((column) => ({ ...column, expr: moved(column.expr) })),
  };
}

function compileTable(tree: FromOf<"table">, env: Env): Relation {
  const label = tree.alias ?? tree.name;
  const cte = env.ctes.get(foldName(tree.name));
  if (cte !== undefined) {
    const names = [...tree.columns, ...cte.columns.slice(tree.columns.length)];
    return relationOf(
      ofThisUse(cte.compiled, env),
      (_query, alias) => ({ kind: "cte", name: cte.name, alias }),
      label,
      names,
      env,
    );
  }
  const table = tree.name.startsWith(reservedPrefix) ? undefined : findTable(env.schema, tree.name);
  if (table === undefined) return unknownName(tree.name, tree.at);
  env.state.tables.add(table.name);
  if (table.grade === "protected") return protectedTable(table, label, tree, env);
  const alias = env.state.nextAlias();
  const names = table.columns.map((column) => column.name);
  const columns = renamed(freeColumns(alias, names, names), tree.columns);
  return { kind: "free", from: { kind: "table", name: table.name, alias }, scope: scopeOf(label, columns) };
}

function compileValues(tree: FromOf<"values">, env: Env): Relation {
  const alias = env.state.nextAlias();
  const context = { scope: emptyScope, aliases: new Map(), prefer: "columns", budget: env.state.budget } as const;
  const rows = tree.rows.map((row) => row.map((expr) => resolveNames(expr, context)));
  const ids = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_unused, i) => columnId(i));
  const names = ids.map((_id, i) => tree.columns[i] ?? `col${i}`);
  return {
    kind: "free",
    from: { kind: "values", rows, columns: ids, alias },
    scope: scopeOf(tree.alias, freeColumns(alias, ids, names)),
  };
}

/** USING (a): the equality of both columns, and one column a in their place. */
function usingColumns(
  tree: FromOf<"join">,
  left: Scope,
  right: Scope,
): { readonly conditions: readonly Bound[]; readonly merged: readonly ScopeColumn[] } {
  const pairs = tree.using.map((name) => {
    const written = { name, qualifier: [] };
    const [a, b] = [findColumn(left, written, tree.at), findColumn(right, written, tree.at)];
    return a === undefined || b === undefined ? unknownName(name, tree.at) : { name, a: a.expr, b: b.expr };
  });
  return {
    conditions: pairs.map(({ a, b }) => ({ ...compare("=", a, b), at: tree.at })),
    merged: pairs.map(({ name, a, b }) => ({ name, expr: mergedColumn(tree.join, a, b) })),
  };
}

function mergedColumn(join: JoinKind, left: Bound, right: Bound): Bound {
  if (join === "full") return call("coalesce", left, right);
  return join === "right" ? right : left;
}

function compileJoin(tree: FromOf<"join">, env: Env, compile: CompileQuery): Relation {
  const left = compileFrom(tree.left, env, compile);
  const right = compileFrom(tree.right, env, compile);
  const using = usingColumns(tree, left.scope, right.scope);
  const merged = [...using.merged, ...left.scope.merged, ...right.scope.merged];
  const scope: Scope = { sources: [...left.scope.sources, ...right.scope.sources], merged };
  const written =
    tree.on === undefined
      ? undefined
      : resolveNames(tree.on, { scope, aliases: new Map(), prefer: "columns", budget: env.state.budget });
  const conditions = [...using.conditions, ...(written === undefined ? [] : conjunctsOf(written))];
  if (left.kind === "free" && right.kind === "free") {
    const on = conditions.length === 0 ? undefined : logic("and", conditions);
    return { kind: "free", from: { kind: "join", join: tree.join, left: left.from, right: right.from, on }, scope };
  }
  if (left.kind !== right.kind) {
    return stop("QUERY_JOIN_KIND", tree.at, "a join of protected rows with public or released rows");
  }
  if (tree.join !== "inner" && tree.join !== "cross") stop("QUERY_JOIN_KIND", tree.at, `a ${tree.join} join of protected rows`);
  const sides = [left, right].filter((side) => side.kind === "subject");
  const leaves = sides.flatMap((side) => side.leaves);
  if (leaves.length > maxTables) stop("QUERY_TOO_LARGE", tree.at, `more than ${maxTables} protected tables joined`);
  return {
    kind: "subject",
    leaves,
    conditions: [...sides.flatMap((side) => side.conditions), ...conditions],
    scope,
  };
}

/** What a FROM clause means under the agreement's schema and the WITH queries in sight. */
export function compileFrom(tree: FromTree, env: Env, compile: CompileQuery): Relation {
  switch (tree.kind) {
    case "none":
      return { kind: "free", from: { kind: "none" }, scope: emptyScope };
    case "table":
      return compileTable(tree, env);
    case "query": {
      const inline = (query: QueryPlan, alias: string): FromPlan => ({ kind: "query", query, alias });
      return relationOf(compile(tree.query, env), inline, tree.alias, tree.columns, env);
    }
    case "values":
      return compileValues(tree, env);
    case "join":
      return compileJoin(tree, env, compile);
  }
}
