import { foldName } from "../schema.ts";
import type { Expr } from "../tree/expression.ts";
import { rebuild } from "../tree/rebuild.ts";
import type { WrittenName } from "../tree/statement.ts";
import { type Budget, sizeOf } from "./budget.ts";
import type { Bound } from "./field.ts";
import { findColumn, type Scope, textOfName, unknownName } from "./scope.ts";

/** Resolved expressions of the select list by folded alias. */
export type Aliases = ReadonlyMap<string, Bound>;

export interface NameContext {
  readonly scope: Scope;
  readonly aliases: Aliases;
  /** ORDER BY asks aliases first, all other clauses ask columns first: as the engine does. */
  readonly prefer: "columns" | "aliases";
  readonly budget: Budget;
}

function lookUp(context: NameContext, written: WrittenName, at: number | undefined): Bound {
  const alias = written.qualifier.length === 0 ? context.aliases.get(foldName(written.name)) : undefined;
  if (context.prefer === "aliases" && alias !== undefined) return alias;
  return findColumn(context.scope, written, at)?.expr ?? alias ?? unknownName(textOfName(written), at);
}

/** Puts what names mean in their place. */
export function resolveNames(expr: Expr<WrittenName>, context: NameContext): Bound {
  if (expr.kind !== "ref") {
    context.budget.spend(1);
    return rebuild(expr, (child) => resolveNames(child, context));
  }
  const found = lookUp(context, expr.ref, expr.at);
  context.budget.spend(sizeOf(found));
  // The place is where the operator wrote the name, not where a derived table defined it.
  return Object.freeze({ ...found, at: expr.at });
}
