import { type At, stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { leavesOf } from "../release/rows.ts";
import type { Bound, SubjectField, SubjectRows, TiedSubquery } from "../resolve/field.ts";
import { fieldsOfDerived } from "../resolve/tied.ts";
import { checkCondition } from "./condition.ts";
import { findOwners, ownerEquality, ownerOf } from "./owners.ts";

/** The owner keys that a conjunct equates, of which one is around the rows. */
function tieOf(condition: Bound, inner: ReadonlySet<string>): ReturnType<typeof ownerEquality> {
  const pair = ownerEquality(condition);
  if (pair === undefined || inner.has(pair[0].source) === inner.has(pair[1].source)) return undefined;
  return inner.has(pair[0].source) ? pair : [pair[1], pair[0]];
}

/** Splits conjuncts: those that tie rows to an owner around them, and the rest. */
export function splitTies(rows: SubjectRows): { readonly ties: readonly Bound[]; readonly rest: readonly Bound[] } {
  const inner = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const isTie = (condition: Bound): boolean => tieOf(condition, inner) !== undefined;
  return { ties: rows.conditions.filter(isTie), rest: rows.conditions.filter((condition) => !isTie(condition)) };
}

/** For each owner of the rows, its key that is tied to an owner around them; undefined where one is not tied. */
export function tiesByOwner(rows: SubjectRows): readonly SubjectField[] | undefined {
  const inner = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const pairs = rows.conditions.flatMap((condition) => tieOf(condition, inner)?.slice(0, 1) ?? []);
  if (pairs.length === 0) return undefined;
  const { owners } = findOwners({ ...rows, conditions: splitTies(rows).rest });
  const keys = owners.flatMap((owner) => pairs.find((field) => ownerOf([owner], field) !== undefined) ?? []);
  return keys.length === owners.length ? keys : undefined;
}

/**
 * Holds a subquery to being the outer row's own business: a top-level conjunct equates each of its owners with an
 * owner around it. Whether such a row exists is then an attribute of that owner, as if it were a column.
 */
export function checkTied(rows: SubjectRows, at: At): void {
  const { owners, filters } = findOwners(rows);
  const inner = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const tied = new Set<OwnerExpr | undefined>();
  for (const condition of rows.conditions) {
    const pair = tieOf(condition, inner);
    if (pair !== undefined) tied.add(ownerOf(owners, pair[0]));
  }
  const loose = owners.find((owner) => !tied.has(owner));
  if (loose !== undefined) {
    // Whether somebody works anywhere is the enterprise's business, too, and only a join asks its rules.
    const instead = owners.some((owner) => tied.has(owner))
      ? `Join the table instead (p JOIN t ON t.id = p.id) and count with count(DISTINCT p.id): the rules then hold for the ${loose.kind} too.`
      : "Equate the owner keys at the top of its WHERE (v.id = p.id), or aggregate in the subquery first.";
    stop("QUERY_SUBQUERY", at, `a subquery whose rows are not tied to the ${loose.kind} of the row around it`, instead);
  }
  for (const filter of filters) checkCondition(filter);
  for (const { derived } of leavesOf(rows.from)) {
    if (derived !== undefined && fieldsOfDerived(derived).length > 0)
      stop("QUERY_SUBQUERY", at, "a subquery that looks at the row around it from within a table of its own");
  }
}

/** Whether rows like these exist for the owner of the row around them. */
export function existsTied(query: TiedSubquery, conditions: readonly Bound[], at: At): Bound {
  const rows = { ...query.rows, conditions: [...query.rows.conditions, ...conditions] };
  checkTied(rows, at);
  return Object.freeze<Bound>({ kind: "subquery", form: { kind: "exists" }, query: { ...query, rows, values: [] }, at });
}
