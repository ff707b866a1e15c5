import type { OwnerExpr } from "../release/model.ts";
import { leavesOf, nullableAliases } from "../release/rows.ts";
import {
  type Bound,
  type DerivedField,
  type Leaf,
  plainSubject,
  refTo,
  type SubjectField,
  type SubjectRows,
} from "../resolve/field.ts";
import { fieldsIn, rebuildBound } from "../resolve/tied.ts";
import { isMeasure, looseCategoryOf } from "../subject/category.ts";
import { checkCondition, mustBeCategory } from "../subject/condition.ts";
import { categorySpec, createDerivedBook, type DerivedBook } from "../subject/derive.ts";
import { labelOf } from "../subject/label.ts";
import { makeCategory } from "../subject/make-category.ts";
import { areTold, findOwners, ownerOf } from "../subject/owners.ts";
import { splitTies } from "../subject/tie.ts";
import { windowFigure } from "../subject/windows.ts";
import { call, isNull, literalNull, not } from "../tree/make.ts";
import type { Env } from "./env.ts";
import { derivedLeaf, exportOwner } from "./owned-select.ts";
import type { SelectParts } from "./select-parts.ts";

interface Export {
  /** Nothing but the owner chooses the rows. */
  readonly unconditional: boolean;
  /** Aliases of tables behind an outer join. */
  readonly outer: ReadonlySet<string>;
  readonly book: DerivedBook;
}

/** A stored column as it is, one level up. */
function exportColumn(field: SubjectField, { unconditional, outer, book }: Export): SubjectField {
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
  const derived: DerivedField = field.derived ?? { ...stored, tells: false, chosen: false };
  const { sums } = derived;
  const moved =
    typeof sums === "string"
      ? sums
      : sums.map((part) => ({ ...part, field: exportColumn(part.field, { unconditional, outer, book }) }));
  const behind = outer.has(field.source) ? field.source : derived.behind;
  // Of rows that a condition chose, totals are no longer plain.
  return book.add(expr, { ...derived, sums: moved, plain: derived.plain && unconditional, behind, type, role, grid, conditions });
}

function usableColumns({ table, alias, derived, free }: Leaf): readonly SubjectField[] {
  if (free !== undefined) return [];
  if (derived !== undefined) return derived.columns.map(({ field }) => ({ ...field, source: alias }));
  return table.columns
    .filter((column) => column.role !== "identifier" && column.role !== "free-text")
    .map((column) => ({ kind: "subject", source: alias, table, column, subject: undefined }));
}

/** The key that tells an owner in every row: where joins leave some of its keys out, the first that is there. */
function ownerKey({ fields, outer }: OwnerExpr): Bound {
  const keys = fields.map((field) => refTo(field, undefined));
  return outer && keys.length > 1 ? call("coalesce", ...keys) : refTo(fields[0], undefined);
}

/** `coalesce(a.id, b.id)` of all keys of one owner. */
function coalescedOwner(expr: Bound, owners: readonly OwnerExpr[]): OwnerExpr | undefined {
  if (expr.kind !== "call" || expr.fn !== "coalesce") return undefined;
  const fields = expr.args.map(plainSubject);
  return owners.find(
    (owner) =>
      fields.every((field) => field !== undefined && ownerOf([owner], field) !== undefined) &&
      owner.fields.every((key) => fields.some((field) => field?.source === key.source && field.column.name === key.column.name)),
  );
}

/** Whether a key is there wherever its owner is. */
function isOfEveryRow(key: SubjectField, owner: OwnerExpr, outer: ReadonlySet<string>): boolean {
  return !outer.has(key.source) || (owner.outer && owner.fields.length === 1);
}

/** The owner's key where the row of its table is not missing. */
function whereThere(isThere: Bound, key: Bound, book: DerivedBook): Bound {
  const category = makeCategory({ family: "boolean" });
  const [field] = fieldsIn(isThere);
  const spec = { ...categorySpec(isThere, category, labelOf(isThere)), behind: field?.source, presence: true };
  const when = refTo(book.add(isThere, spec), undefined);
  return { kind: "case", branches: [{ when, result: key }], otherwise: literalNull, at: key.at };
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
  const book = createDerivedBook(alias, { outer, chosen: areTold(rows) });
  const exported = new Map(owners.map((owner) => [owner, exportOwner(owner, ownerKey(owner), false, book)] as const));
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
    if (owner !== undefined && key !== undefined) {
      const own = refTo(key, expr.at);
      return isOfEveryRow(ref, owner, outer) ? own : whereThere(isNull(expr, true), own, book);
    }
    // Other identifiers are not in the enclave: whoever uses one is refused by the rule for identifiers.
    const absent = ref.column.role === "identifier" || ref.column.role === "free-text";
    return absent ? expr : refTo(exportColumn(ref, { unconditional: filters.length === 0, outer, book }), expr.at);
  };
  /** A key behind an outer join, one level up. */
  const rewrittenKey = (expr: Bound): Bound | undefined =>
    expr.kind === "ref" && plainSubject(expr)?.subject !== undefined ? ofRef(expr) : undefined;
  const rewrite = (expr: Bound): Bound => {
    env.state.budget.spend(1);
    if (expr.kind === "ref") return ofRef(expr);
    const there = expr.kind === "is-null" ? rewrittenKey(expr.arg) : undefined;
    const [branch] = there?.kind === "case" ? there.branches : [];
    if (expr.kind === "is-null" && branch !== undefined) return expr.negated ? branch.when : not(branch.when);
    const owner = coalescedOwner(expr, owners);
    const key = owner === undefined ? undefined : exported.get(owner);
    if (key !== undefined) return refTo(key, expr.at);
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
