import { stop } from "../refusal.ts";
import { conjunctsOf } from "../tree/make.ts";
import type { SelectTree } from "../tree/statement.ts";
import { compileFrom } from "./compile-from.ts";
import type { Env } from "./env.ts";
import { governedSelect } from "./governed-select.ts";
import type { Compiled, CtePlan, QueryPlan, Relation } from "./query-plan.ts";
import { type ResolvedSelect, resolveSelect } from "./select-list.ts";
import { withCtes } from "./with.ts";

type FreeRelation = Extract<Relation, { kind: "free" }>;

function freeSelect(tree: SelectTree, { from }: FreeRelation, select: ResolvedSelect, ctes: readonly CtePlan[]): QueryPlan {
  const { where, having, qualify, order } = select;
  const items = select.items.map((item) => item.expr);
  const { distinct, limit, offset } = tree;
  return { ctes, items, from, where, groupBy: select.groupBy ?? [], having, qualify, distinct, order, limit, offset };
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
  const { env, local } = withCtes(tree.ctes, outer);
  const relation = compileFrom(tree.from, env);
  const select = resolveSelect(tree, relation, env);
  const names = select.items.map((item) => item.name);
  if (relation.kind === "free") return { kind: "free", query: freeSelect(tree, relation, select, local), names };
  const filtered = {
    ...relation,
    conditions: [...relation.conditions, ...(select.where === undefined ? [] : conjunctsOf(select.where))],
  };
  // SELECT DISTINCT of protected rows is a grouping by all its columns.
  const groupBy = select.groupBy ?? (tree.distinct ? select.items.map((item) => item.expr) : undefined);
  if (groupBy === undefined) return subjectRows(tree, filtered, select);
  return { kind: "free", query: governedSelect(tree, filtered, select, groupBy, env), names };
}
