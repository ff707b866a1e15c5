import type { At } from "../refusal.ts";
import { stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { leavesOf, nullableAliases } from "../release/rows.ts";
import { type Bound, type DerivedRows, plainSubject, refTo, type SubjectField, type SubjectRows } from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { checkCondition, mustBeCategory } from "../subject/condition.ts";
import { categorySpec, createDerivedBook, type DerivedBook, type DerivedSpec } from "../subject/derive.ts";
import { checkGroupKey } from "../subject/group-key.ts";
import { keyOf, labelOf } from "../subject/label.ts";
import { type OwnedContext, ownedFigure } from "../subject/owned.ts";
import { areChosen, areTold, findOwners, ownerOf } from "../subject/owners.ts";
import { splitTies } from "../subject/tie.ts";
import { conjunctsOf } from "../tree/make.ts";
import type { Env } from "./env.ts";
import type { SelectParts } from "./select-parts.ts";

/** Derived rows as a table of their own. */
export function leafOf(alias: string, derived: DerivedRows, at: At): SubjectRows {
  const { columns } = derived;
  const label = "derived rows";
  const table = {
    name: label,
    grade: "protected" as const,
    subjects: columns.flatMap(({ field }) => (field.subject === undefined ? [] : [field.subject])),
    columns: columns.map(({ field }) => field.column),
  };
  return { from: { kind: "leaf", leaf: { table, alias, at, derived } }, conditions: [] };
}

export function derivedLeaf(
  alias: string,
  book: DerivedBook,
  rows: SubjectRows,
  groupBy: DerivedRows["groupBy"],
  at: At,
): SubjectRows {
  return leafOf(alias, { rows, columns: book.columns(), groupBy }, at);
}

/** The key of an owner among the columns of derived rows. */
export function exportOwner(owner: OwnerExpr, key: Bound, unique: boolean, book: DerivedBook): SubjectField {
  return book.add(key, ownerSpec(owner.kind, labelOf(key), unique));
}

/** A column of derived rows that is an owner key. */
export function ownerSpec(kind: string, label: string, unique: boolean): DerivedSpec {
  const subject = { kind, column: "", unique };
  return { label, bases: [label], category: undefined, sums: "never", plain: false, type: "BIGINT", role: "identifier", subject };
}

/** Which owners the group keys hold, each with the key that holds it. */
function heldOwners(groupBy: readonly Bound[], owners: readonly OwnerExpr[], rows: SubjectRows): ReadonlyMap<OwnerExpr, Bound> {
  const outer = nullableAliases(rows.from);
  const held = new Map<OwnerExpr, Bound>();
  for (const expr of groupBy) {
    const field = plainSubject(expr);
    const owner = field === undefined ? undefined : ownerOf(owners, field);
    if (field === undefined || owner === undefined) continue;
    if (outer.has(field.source) && !(owner.outer && owner.fields.length === 1)) {
      stop(
        "QUERY_GROUP_BY_OWNER",
        expr.at,
        `GROUP BY ${labelOf(expr)}, which an outer join leaves out`,
        "Group by the owner key of the table whose rows are always there.",
      );
    }
    held.set(owner, expr);
  }
  return held;
}

/**
 * A grouping that holds every owner of the rows: its rows are still the owners', with totals of their own. Undefined
 * where it holds none; then owners disappear in it. `countOf`: what a figure is beside owners without any row.
 */
export function ownedSelect(
  written: SubjectRows,
  parts: SelectParts,
  groupBy: readonly Bound[],
  env: Env,
  countOf: (expr: Bound, figure: Bound) => Bound = (_expr, figure) => figure,
): { readonly rows: SubjectRows; readonly parts: SelectParts } | undefined {
  const { ties, rest } = splitTies(written);
  const rows: SubjectRows = { ...written, conditions: rest };
  const { owners, filters } = findOwners(rows);
  const held = heldOwners(groupBy, owners, rows);
  if (held.size === 0) return undefined;
  const [loose] = owners.filter((owner) => !held.has(owner));
  if (loose !== undefined) {
    const grouped = [...held.values()];
    stop(
      "QUERY_GROUP_BY_OWNER",
      grouped[0]?.at,
      `GROUP BY ${grouped.map(labelOf).join(", ")} without the ${loose.kind} who is in the row too`,
      `Group by columns that many share; or for totals of each pair group by the key of the ${loose.kind} as well, and aggregate those outside.`,
    );
  }
  for (const filter of filters) checkCondition(filter);
  const own = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const alias = env.state.nextAlias();
  const book = createDerivedBook(alias, { outer: nullableAliases(rows.from), chosen: areTold(rows) });
  const fields = new Map<string, SubjectField>();
  const plainGroups = groupBy.every((expr) => [...held.values()].includes(expr));
  for (const [owner, key] of held) {
    const field = exportOwner(owner, key, plainGroups, book);
    for (const own of owner.fields) fields.set(keyOf(refTo(own, undefined)), field);
  }
  const categories = groupBy.filter((expr) => !fields.has(keyOf(expr)));
  for (const expr of categories) {
    checkGroupKey(expr);
    fields.set(keyOf(expr), book.add(expr, categorySpec(expr, mustBeCategory(expr, "QUERY_GROUP_KEY"), labelOf(expr))));
  }
  const context: OwnedContext = {
    book,
    given: rows.conditions,
    unconditional: categories.length === 0 && !areChosen(rows),
    per: ` per ${owners.map((owner) => owner.kind).join(" and ")}${filters.length === 0 ? "" : ` where ${filters.map(labelOf).join(" and ")}`}`,
  };
  const rewrite = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    const field = fields.get(keyOf(expr));
    if (field !== undefined) return refTo(field, expr.at);
    if (expr.kind === "ref" && !own.has(expr.ref.source)) return expr;
    if (expr.kind === "aggregate") return countOf(expr, refTo(ownedFigure(expr, context), expr.at));
    if (expr.kind === "ref")
      return stop("QUERY_ROWS_NOT_SHOWN", expr.at, `the column ${labelOf(expr)} outside GROUP BY and aggregates`);
    return rebuildBound(expr, rewrite);
  };
  const optional = (expr: Bound | undefined): Bound | undefined => (expr === undefined ? undefined : rewrite(expr));
  const having = optional(parts.having);
  const rewritten: SelectParts = {
    items: parts.items.map((item) => ({ ...item, expr: rewrite(item.expr) })),
    having: undefined,
    qualify: optional(parts.qualify),
    order: parts.order.map((item) => ({ ...item, expr: rewrite(item.expr) })),
  };
  const leaf = derivedLeaf(alias, book, rows, groupBy, groupBy[0]?.at);
  // What ties the rows to an owner around them ties the groups: each holds that owner's key.
  const conditions = [...ties.map(rewrite), ...(having === undefined ? [] : conjunctsOf(having))];
  return { rows: { ...leaf, conditions }, parts: rewritten };
}
