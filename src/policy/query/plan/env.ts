import type { ReleaseDraft } from "../release/model.ts";
import { type Budget, createBudget } from "../resolve/budget.ts";
import type { AgreementSchema } from "../schema.ts";
import type { Compiled, QueryPlan } from "./query-plan.ts";

/** A WITH query as it may be named: rows of owners are put in place at each use, released rows are computed once. */
export type CteMeaning = { readonly compiled: Compiled; readonly columns: readonly string[]; readonly name: string };

/** What one compilation gathers. Made per statement, never shared. */
export interface CompileState {
  readonly budget: Budget;
  readonly releases: ReleaseDraft[];
  readonly ctes: { readonly name: string; readonly query: QueryPlan }[];
  readonly tables: Set<string>;
  nextAlias(): string;
}

export interface Env {
  readonly schema: AgreementSchema;
  readonly ctes: ReadonlyMap<string, CteMeaning>;
  readonly state: CompileState;
}

export function createEnv(schema: AgreementSchema): Env {
  let aliases = 0;
  const state: CompileState = {
    budget: createBudget(),
    releases: [],
    ctes: [],
    tables: new Set(),
    nextAlias() {
      aliases += 1;
      return `t${aliases}`;
    },
  };
  return { schema, ctes: new Map(), state };
}
