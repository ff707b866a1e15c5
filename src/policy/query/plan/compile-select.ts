import { stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { conjunctsOf } from "../tree/make.ts";
import type { SelectTree } from "../tree/statement.ts";
import { compileFrom } from "./compile-from.ts";
import type { CteMeaning, Env } from "./env.ts";
import { governedSelect } from "./governed-select.ts";
import type { Compiled, QueryPlan, Relation } from "./query-plan.ts";
import { type ResolvedSelect, resolveSelect } from "./select-list.ts";

function withCtes(tree: SelectTree, env: Env): Env {
  let inner = env;
  for (const cte of tree.ctes) {
    const compiled = compileSelect(cte.query, inner);
    const name = `__c${env.state.ctes.length + 1}`;
    if (compiled.kind === "free") env.state.ctes.push({ name, query: compiled.query });
    const meaning: CteMeaning = { compiled, columns: cte.columns, name };
    inner = { ...inner, ctes: new Map([...inner.ctes, [foldName(cte.name), meaning]]) };
  }
  return inner;
}

function freeSelect(tree: SelectTree, from: Extract<Relation, { kind: "free" }>["from"], select: ResolvedSelect): QueryPlan {
  const { where, having, qualify, order } = select;
  const items = select.items.map((item) => item.expr);
  const { distinct, limit, offset } = tree;
  return { items, from, where, groupBy: select.groupBy ?? [], having, qualify, distinct, order, limit, offset };
}

/** Projection and filter keep owners: the columns are put in place wherever the outer statement names them. */
function subjectRows(tree: SelectTree, relation: Extract<Relation, { kind: "subject" }>, select: ResolvedSelect): Compiled {
  if (tree.limit !== undefined || tree.offset !== undefined)
    stop("QUERY_ROW_CHOICE", tree.at, "LIMIT or OFFSET over protected rows");
  if (select.qualify !== undefined) stop("QUERY_ROW_CHOICE", select.qualify.at, "QUALIFY over protected rows");
  return { kind: "subject", leaves: relation.leaves, conditions: relation.conditions, columns: select.items };
}

/** Compiles one SELECT: over rows of owners it either keeps them, or releases figures; over anything else it is free. */
export function compileSelect(tree: SelectTree, outer: Env): Compiled {
  const env = withCtes(tree, outer);
  const relation = compileFrom(tree.from, env, compileSelect);
  const select = resolveSelect(tree, relation.scope, env);
  const names = select.items.map((item) => item.name);
  if (relation.kind === "free") return { kind: "free", query: freeSelect(tree, relation.from, select), names };
  const filtered = {
    ...relation,
    conditions: [...relation.conditions, ...(select.where === undefined ? [] : conjunctsOf(select.where))],
  };
  // SELECT DISTINCT of protected rows is a grouping by all its columns.
  const groupBy = select.groupBy ?? (tree.distinct ? select.items.map((item) => item.expr) : undefined);
  if (groupBy === undefined) return subjectRows(tree, filtered, select);
  return { kind: "free", query: governedSelect(tree, filtered, select, groupBy, env), names };
}
