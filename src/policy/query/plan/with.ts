import { foldName } from "../schema.ts";
import type { CteTree } from "../tree/statement.ts";
import type { CteMeaning, Env } from "./env.ts";
import type { CtePlan } from "./query-plan.ts";

/** WITH queries in sight, and those that must stay with their query because they look at what is around it. */
export interface Withs {
  readonly env: Env;
  readonly local: readonly CtePlan[];
}

function compileCte(cte: CteTree, env: Env): CteMeaning {
  const { state } = env;
  const before = state.reach;
  state.reach = Number.POSITIVE_INFINITY;
  const compiled = env.compile(cte.query, env);
  const { reach } = state;
  state.reach = Math.min(before, reach);
  return { compiled, columns: cte.columns, name: state.nextCte(), reach };
}

/** Compiles WITH queries in order; each sees those before it. */
export function withCtes(ctes: readonly CteTree[], outer: Env): Withs {
  let env = outer;
  const local: CtePlan[] = [];
  for (const cte of ctes) {
    const meaning = compileCte(cte, env);
    const { compiled, name, reach } = meaning;
    // What looks only at itself can stand before the whole statement, where releases and subqueries find it too.
    const home = reach < env.outer.length ? local : env.state.ctes;
    if (compiled.kind === "free") home.push({ name, query: compiled.query });
    env = { ...env, ctes: new Map([...env.ctes, [foldName(cte.name), meaning]]) };
  }
  return { env, local };
}
