import type { SelectTree } from "../tree/statement.ts";
import { compileFrom } from "./compile-from.ts";
import type { Env } from "./env.ts";
import { resolveLimits } from "./limits.ts";
import { notBeside } from "./one-per-owner.ts";
import { type Compiled, type CtePlan, plainQuery, type QueryPlan, type Relation } from "./query-plan.ts";
import { type ResolvedSelect, resolveSelect } from "./select-list.ts";
import { subjectSelect } from "./subject-select.ts";
import { withCtes } from "./with.ts";

type FreeRelation = Extract<Relation, { kind: "free" }>;

function freeSelect(
  tree: SelectTree,
  { from }: FreeRelation,
  select: ResolvedSelect,
  ctes: readonly CtePlan[],
  limits: Pick<QueryPlan, "limit" | "offset">,
): QueryPlan {
  const { where, having, qualify, order } = select;
  const items = select.items.map((item) => item.expr);
  const { distinct } = tree;
  const { groups: groupBy, groupSets, distinctOn } = select;
  return { ...plainQuery, ...limits, ctes, items, from, where, groupBy, groupSets, having, qualify, distinct, distinctOn, order };
}

/** Compiles one SELECT: over rows of owners it either keeps them, or releases figures; over anything else it is free. */
export function compileSelect(tree: SelectTree, outer: Env, isValue: boolean): Compiled {
  const { env, local } = withCtes(tree.ctes, outer);
  const relation = compileFrom(tree.from, env);
  const select = resolveSelect(tree, relation, env);
  const names = select.items.map((item) => item.name);
  if (relation.kind === "free")
    return { kind: "free", query: freeSelect(tree, relation, select, local, resolveLimits(tree, env)), names };
  if (relation.total === true) notBeside(tree.at);
  return subjectSelect(tree, select.totals.beside(relation.rows), select, { ...env, isValue });
}
