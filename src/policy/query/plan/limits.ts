import { resolveNames } from "../resolve/names.ts";
import { emptyScope } from "../resolve/scope.ts";
import type { SelectTree } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import type { QueryPlan } from "./query-plan.ts";
import { namesIn } from "./subquery.ts";

/** LIMIT and OFFSET, which see no column of their own query. */
export function resolveLimits(
  { limit, offset }: Pick<SelectTree, "limit" | "offset">,
  env: Env,
): Pick<QueryPlan, "limit" | "offset"> {
  const context = { ...namesIn(env, emptyScope, "free"), aliases: new Map(), prefer: "columns" } as const;
  return {
    limit: limit === undefined ? undefined : { ...limit, count: resolveNames(limit.count, context) },
    offset: offset === undefined ? undefined : resolveNames(offset, context),
  };
}
