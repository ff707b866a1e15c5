import { leavesOf, nullableAliases } from "../release/rows.ts";
import { type Bound, type Leaf, refTo, type SubjectField, type SubjectRows } from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { isMeasure, looseCategoryOf } from "../subject/category.ts";
import { checkCondition, mustBeCategory } from "../subject/condition.ts";
import { categorySpec, createDerivedBook, type DerivedBook } from "../subject/derive.ts";
import { labelOf } from "../subject/label.ts";
import { findOwners, ownerOf } from "../subject/owners.ts";
import { splitTies } from "../subject/tie.ts";
import { windowFigure } from "../subject/windows.ts";
import type { Env } from "./env.ts";
import { derivedLeaf, exportOwner } from "./owned-select.ts";
import type { SelectParts } from "./select-parts.ts";

/** A stored column as it is, one level up. */
function exportColumn(field: SubjectField, unconditional: boolean, book: DerivedBook): SubjectField {
  const { type, role, grid, conditions } = field.column;
  const expr = refTo(field, undefined);
  const stored = {
    label: labelOf(expr),
    bases: [labelOf(expr)],
    category: looseCategoryOf(expr, checkCondition),
    sums: isMeasure(field) ? "itself" : "never",
    plain: true,
    stored: true,
  } as const;
  const derived = field.derived ?? stored;
  const { sums } = derived;
  const moved =
    typeof sums === "string" ? sums : sums.map((part) => ({ ...part, field: exportColumn(part.field, unconditional, book) }));
  // Of rows that a condition chose, totals are no longer plain.
  return book.add(expr, { ...derived, sums: moved, plain: derived.plain && unconditional, type, role, grid, conditions });
}

function usableColumns({ table, alias, derived, free }: Leaf): readonly SubjectField[] {
  if (free !== undefined) return [];
  if (derived !== undefined) return derived.columns.map(({ field }) => ({ ...field, source: alias }));
  return table.columns
    .filter((column) => column.role !== "identifier" && column.role !== "free-text")
    .map((column) => ({ kind: "subject", source: alias, table, column, subject: undefined }));
}

/**
 * Rows with the values of windows beside them. A window may look at one owner's rows only: its partition holds every
 * owner. What it gives is then an attribute of the owner like any other.
 */
export function windowedRows(
  written: SubjectRows,
  parts: SelectParts,
  env: Env,
): { readonly rows: SubjectRows; readonly parts: SelectParts } {
  const split = splitTies(written);
  const rows: SubjectRows = { ...written, conditions: split.rest };
  const { owners, filters } = findOwners(rows);
  for (const filter of filters) checkCondition(filter);
  const alias = env.state.nextAlias();
  const outer = nullableAliases(rows.from);
  const book = createDerivedBook(alias, outer);
  const exported = new Map(
    owners.map((owner) => [owner, exportOwner(owner, refTo(owner.fields[0], undefined), false, book)] as const),
  );
  const own = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const ties = leavesOf(rows.from)
    .flatMap(usableColumns)
    .map((field) => refTo(field, undefined));
  const ofRef = (expr: Extract<Bound, { kind: "ref" }>): Bound => {
    const { ref } = expr;
    // A column from around a tied subquery stays what it is.
    if (!own.has(ref.source)) return expr;
    if (ref.kind === "free")
      return refTo(book.add(expr, categorySpec(expr, mustBeCategory(expr, "QUERY_GROUP_KEY"), ref.column)), expr.at);
    const owner = ownerOf(owners, ref);
    const key = owner === undefined ? undefined : exported.get(owner);
    if (key !== undefined) return refTo(key, expr.at);
    // Other identifiers are not in the enclave: whoever uses one is refused by the rule for identifiers.
    const absent = ref.column.role === "identifier" || ref.column.role === "free-text";
    return absent ? expr : refTo(exportColumn(ref, filters.length === 0, book), expr.at);
  };
  const rewrite = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    if (expr.kind === "ref") return ofRef(expr);
    return expr.kind === "window"
      ? refTo(windowFigure(expr, { owners, outer, ties, book }), expr.at)
      : rebuildBound(expr, rewrite);
  };
  const items = parts.items.map((item) => ({ ...item, expr: rewrite(item.expr) }));
  const qualify = parts.qualify === undefined ? undefined : rewrite(parts.qualify);
  // What ties the rows to an owner around them ties what is derived from them.
  const conditions = split.ties.map(rewrite);
  const leaf = derivedLeaf(alias, book, rows, undefined, items[0]?.expr.at);
  return { rows: { ...leaf, conditions }, parts: { items, having: undefined, qualify, order: [] } };
}
