import { leavesOf, nullableAliases } from "../release/rows.ts";
import {
  type Bound,
  type Field,
  type Leaf,
  plainSubject,
  refTo,
  type SubjectField,
  type SubjectRows,
  type SubqueryRef,
} from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { categoryOf } from "../subject/category.ts";
import { checkCondition, mustBeCategory } from "../subject/condition.ts";
import { categorySpec, createDerivedBook, type DerivedBook } from "../subject/derive.ts";
import { labelOf } from "../subject/label.ts";
import { findOwners, ownerOf } from "../subject/owners.ts";
import { windowFigure } from "../subject/windows.ts";
import { call } from "../tree/make.ts";
import type { Env } from "./env.ts";
import { derivedLeaf, exportOwner } from "./owned-select.ts";
import type { SelectParts } from "./select-parts.ts";

/** A stored column as it is, one level up. */
function exportColumn(field: SubjectField, book: DerivedBook): SubjectField {
  const { type, role, grid } = field.column;
  const expr = refTo(field, undefined);
  const stored = {
    label: labelOf(expr),
    base: labelOf(expr),
    category: categoryOf(expr, checkCondition),
    sums: "itself",
    plain: true,
  } as const;
  const derived = field.derived ?? stored;
  const { sums } = derived;
  const moved = typeof sums === "string" ? sums : sums.map((part) => ({ ...part, field: exportColumn(part.field, book) }));
  return book.add(expr, { ...derived, sums: moved, type, role, grid });
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
  rows: SubjectRows,
  parts: SelectParts,
  env: Env,
): { readonly rows: SubjectRows; readonly parts: SelectParts } {
  const { owners, filters } = findOwners(rows);
  for (const filter of filters) checkCondition(filter);
  const alias = env.state.nextAlias();
  const book = createDerivedBook(alias);
  const exported = new Map(
    owners.map((owner) => {
      const [first, ...rest] = owner.fields.map((field) => refTo(field, undefined));
      const key =
        first !== undefined && owner.outer && rest.length > 0 ? call<Field, SubqueryRef>("coalesce", first, ...rest) : first;
      return [owner, key === undefined ? undefined : exportOwner(owner, key, false, book)] as const;
    }),
  );
  const own = new Set(leavesOf(rows.from).map((leaf) => leaf.alias));
  const outer = nullableAliases(rows.from);
  const ties = leavesOf(rows.from)
    .flatMap(usableColumns)
    .map((field) => refTo(field, undefined));
  const rewrite = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    if (expr.kind === "window") return refTo(windowFigure(expr, { owners, outer, ties, book }), expr.at);
    if (expr.kind === "ref" && !own.has(expr.ref.source)) return expr;
    if (expr.kind === "ref" && expr.ref.kind === "free") {
      const { column } = expr.ref;
      return refTo(book.add(expr, categorySpec(expr, mustBeCategory(expr, "QUERY_GROUP_KEY"), column)), expr.at);
    }
    const field = plainSubject(expr);
    if (field === undefined) return expr.kind === "ref" ? expr : rebuildBound(expr, rewrite);
    const owner = ownerOf(owners, field);
    if (owner !== undefined) return refTo(exported.get(owner) ?? field, expr.at);
    // Other identifiers are not in the enclave: whoever uses one is refused by the rule for identifiers.
    if (field.column.role === "identifier" || field.column.role === "free-text") return expr;
    return refTo(exportColumn(field, book), expr.at);
  };
  const items = parts.items.map((item) => ({ ...item, expr: rewrite(item.expr) }));
  const qualify = parts.qualify === undefined ? undefined : rewrite(parts.qualify);
  const leaf = derivedLeaf(alias, book, rows, undefined, items[0]?.expr.at);
  return { rows: leaf, parts: { items, having: undefined, qualify, order: [] } };
}
