import { resolveNames } from "../resolve/names.ts";
import { emptyScope } from "../resolve/scope.ts";
import type { SchemaTable } from "../schema.ts";
import type { FromTree } from "../tree/statement.ts";
import { freeColumns, renamed, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import { type Compiled, columnId, type FromPlan, type QueryPlan, type Relation } from "./query-plan.ts";
import { namesIn } from "./subquery.ts";

type FromOf<K extends FromTree["kind"]> = Extract<FromTree, { kind: K }>;

export function publicTable(table: SchemaTable, label: string, tree: FromOf<"table">, env: Env): Relation {
  const alias = env.state.nextAlias();
  const names = table.columns.map((column) => column.name);
  const columns = renamed(freeColumns(alias, names, names), tree.columns);
  return { kind: "free", from: { kind: "table", name: table.name, alias }, scope: scopeOf(label, columns) };
}

/** A compiled query over free rows as a relation of its own. */
export function freeQuery(
  compiled: Extract<Compiled, { kind: "free" }>,
  from: (query: QueryPlan, alias: string) => FromPlan,
  label: string | undefined,
  names: readonly string[],
  env: Env,
): Relation {
  const alias = env.state.nextAlias();
  const ids = compiled.names.map((_name, i) => columnId(i));
  return {
    kind: "free",
    from: from(compiled.query, alias),
    scope: scopeOf(label, renamed(freeColumns(alias, ids, compiled.names), names)),
  };
}

export function compileValues(tree: FromOf<"values">, env: Env): Relation {
  const alias = env.state.nextAlias();
  const context = { ...namesIn(env, emptyScope, "free"), aliases: new Map(), prefer: "columns" } as const;
  const rows = tree.rows.map((row) => row.map((expr) => resolveNames(expr, context)));
  const ids = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_unused, i) => columnId(i));
  const names = ids.map((_id, i) => tree.columns[i] ?? `col${i}`);
  return {
    kind: "free",
    from: { kind: "values", rows, columns: ids, alias },
    scope: scopeOf(tree.alias, freeColumns(alias, ids, names)),
  };
}

/** `range(3)`, `unnest(list)`: columns have the function's own names until they are given others. */
export function compileTableFunction(tree: FromOf<"function">, env: Env): Relation {
  const alias = env.state.nextAlias();
  const context = { ...namesIn(env, emptyScope, "free"), aliases: new Map(), prefer: "columns" } as const;
  const args = tree.args.map((arg) => resolveNames(arg, context));
  const names = [...tree.given, ...(tree.ordinality ? ["ordinality"] : [])];
  const columns = names.map((_name, i) => columnId(i));
  return {
    kind: "free",
    from: { kind: "function", fn: tree.fn, args, ordinality: tree.ordinality, columns, alias },
    scope: scopeOf(tree.alias ?? tree.fn, renamed(freeColumns(alias, columns, names), tree.columns)),
  };
}
