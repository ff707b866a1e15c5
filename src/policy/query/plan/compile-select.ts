import type { SelectTree } from "../tree/statement.ts";
import { compileFrom } from "./compile-from.ts";
import type { Env } from "./env.ts";
import type { Compiled, CtePlan, QueryPlan, Relation } from "./query-plan.ts";
import { type ResolvedSelect, resolveSelect } from "./select-list.ts";
import { subjectSelect } from "./subject-select.ts";
import { withCtes } from "./with.ts";

type FreeRelation = Extract<Relation, { kind: "free" }>;

function freeSelect(tree: SelectTree, { from }: FreeRelation, select: ResolvedSelect, ctes: readonly CtePlan[]): QueryPlan {
  const { where, having, qualify, order } = select;
  const items = select.items.map((item) => item.expr);
  const { distinct, limit, offset } = tree;
  return { ctes, items, from, where, groupBy: select.groupBy ?? [], having, qualify, distinct, order, limit, offset };
}

/** Compiles one SELECT: over rows of owners it either keeps them, or releases figures; over anything else it is free. */
export function compileSelect(tree: SelectTree, outer: Env): Compiled {
  const { env, local } = withCtes(tree.ctes, outer);
  const relation = compileFrom(tree.from, env);
  const select = resolveSelect(tree, relation, env);
  const names = select.items.map((item) => item.name);
  if (relation.kind === "free") return { kind: "free", query: freeSelect(tree, relation, select, local), names };
  return subjectSelect(tree, relation.rows, select, env);
}
