import type { At } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { rebuildWith } from "../tree/rebuild.ts";
import type { QueryTree, Written, WrittenName } from "../tree/statement.ts";
import { type Budget, sizeOf } from "./budget.ts";
import type { Bound, SubqueryRef } from "./field.ts";
import { findColumn, type Scope, textOfName, unknownName } from "./scope.ts";

/** Resolved expressions of the select list by folded alias. */
export type Aliases = ReadonlyMap<string, Bound>;

export type BoundSubquery = Extract<Bound, { kind: "subquery" }>;

export interface NameContext {
  readonly scope: Scope;
  readonly aliases: Aliases;
  /** ORDER BY asks aliases first, all other clauses ask columns first: as the engine does. */
  readonly prefer: "columns" | "aliases";
  readonly budget: Budget;
  /** What a name means in the queries around this one. */
  outside(written: WrittenName, at: At): Bound | undefined;
  subquery(query: QueryTree, at: At): SubqueryRef;
  /** The expression that a subquery in its place is. */
  placed(expr: BoundSubquery): Bound;
}

function lookUp(context: NameContext, written: WrittenName, at: At): Bound {
  const alias = written.qualifier.length === 0 ? context.aliases.get(foldName(written.name)) : undefined;
  if (context.prefer === "aliases" && alias !== undefined) return alias;
  const own = findColumn(context.scope, written, at)?.expr ?? alias;
  return own ?? context.outside(written, at) ?? unknownName(textOfName(written), at);
}

/** Puts what names mean in their place. */
export function resolveNames(expr: Written, context: NameContext): Bound {
  if (expr.kind !== "ref") {
    context.budget.spend(1);
    const resolved = rebuildWith(
      expr,
      (child) => resolveNames(child, context),
      (query) => context.subquery(query, expr.at),
    );
    return resolved.kind === "subquery" ? context.placed(resolved) : resolved;
  }
  const found = lookUp(context, expr.ref, expr.at);
  context.budget.spend(sizeOf(found));
  // The place is where the operator wrote the name, not where a derived table defined it.
  return Object.freeze({ ...found, at: expr.at });
}
