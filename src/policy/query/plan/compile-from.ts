import { emptyScope, unknownName } from "../resolve/scope.ts";
import { findTable, foldName, reservedPrefix } from "../schema.ts";
import type { FromTree } from "../tree/statement.ts";
import { renamed, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import { compileTableFunction, compileValues, freeQuery, publicTable } from "./free-from.ts";
import { compileJoin } from "./join.ts";
import { compilePivot, compileUnpivot } from "./pivot.ts";
import type { Compiled, FromPlan, QueryPlan, Relation } from "./query-plan.ts";
import { ofThisUse, protectedTable } from "./subject-from.ts";

type FromOf<K extends FromTree["kind"]> = Extract<FromTree, { kind: K }>;

/** A compiled query as a relation: released rows under an alias, rows of owners with their columns put in place. */
function relationOf(
  compiled: Compiled,
  from: (query: QueryPlan, alias: string) => FromPlan,
  label: string | undefined,
  names: readonly string[],
  env: Env,
): Relation {
  if (compiled.kind === "subject") return { ...compiled, scope: scopeOf(label, renamed(compiled.columns, names)) };
  return freeQuery(compiled, from, label, names, env);
}

function compileTable(tree: FromOf<"table">, env: Env): Relation {
  const label = tree.alias ?? tree.name;
  const cte = env.ctes.get(foldName(tree.name));
  if (tree.recurring && cte?.recurring !== true) return unknownName(tree.name, tree.at);
  if (cte !== undefined) {
    env.state.reach = Math.min(env.state.reach, cte.reach);
    const compiled = cte.compiled.kind === "free" ? cte.compiled : ofThisUse(cte.compiled, env);
    const names = [...tree.columns, ...cte.columns.slice(tree.columns.length)];
    return relationOf(
      compiled,
      (_query, alias) => ({ kind: "cte", name: cte.name, recurring: tree.recurring, alias }),
      label,
      names,
      env,
    );
  }
  const table = tree.name.startsWith(reservedPrefix) ? undefined : findTable(env.schema, tree.name);
  if (table === undefined) return unknownName(tree.name, tree.at);
  env.state.tables.add(table.name);
  return (table.grade === "protected" ? protectedTable : publicTable)(table, label, tree, env);
}

/** Whether what is compiled asks for a name from outside itself. The left side of a join is outside for the right one. */
function lookingAround<T>(env: Env, work: () => T): { readonly value: T; readonly looks: boolean } {
  const { state } = env;
  const before = state.reach;
  state.reach = Number.POSITIVE_INFINITY;
  const value = work();
  const looks = state.reach <= env.outer.length;
  state.reach = Math.min(before, state.reach);
  return { value, looks };
}

/** What a FROM clause means under the agreement's schema and the WITH queries in sight. */
export function compileFrom(tree: FromTree, env: Env): Relation {
  switch (tree.kind) {
    case "none":
      return { kind: "free", from: { kind: "none" }, scope: emptyScope };
    case "table":
      return compileTable(tree, env);
    case "query": {
      const inline = (query: QueryPlan, alias: string): FromPlan => ({ kind: "query", query, alias });
      return relationOf(env.compile(tree.query, env), inline, tree.alias, tree.columns, env);
    }
    case "values":
      return compileValues(tree, env);
    case "function":
      return compileTableFunction(tree, env);
    case "pivot":
      return compilePivot(tree, compileFrom(tree.source, env), env);
    case "unpivot":
      return compileUnpivot(tree, compileFrom(tree.source, env), env);
    case "join": {
      const left = compileFrom(tree.left, env);
      const { value: right, looks } = lookingAround(env, () => compileFrom(tree.right, { ...env, outer: [left, ...env.outer] }));
      return compileJoin(tree, left, right, looks, env);
    }
  }
}
