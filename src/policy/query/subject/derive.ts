import type { Category } from "../resolve/category.ts";
import { type Bound, type DerivedColumn, type DerivedField, plainSubject, type SubjectField } from "../resolve/field.ts";
import type { ColumnRole, SchemaSubject, SchemaTable } from "../schema.ts";
import { someNode } from "../tree/rebuild.ts";
import type { TypeFamily } from "../types.ts";
import { keyOf } from "./label.ts";
import { presenceTells } from "./telling.ts";

/** What a column of derived rows is to be. */
export interface DerivedSpec extends Omit<DerivedField, "tells" | "stored"> {
  /** False where absent. */
  readonly stored?: boolean | undefined;
  readonly type: string;
  readonly role: ColumnRole;
  readonly grid?: number | undefined;
  readonly subject?: SchemaSubject | undefined;
}

/** Columns of one table of derived rows: each is made once, however often the statement asks for it. */
export interface DerivedBook {
  add(expr: Bound, spec: DerivedSpec): SubjectField;
  columns(): readonly DerivedColumn[];
}

/** `outer`: aliases of tables behind an outer join, among those that the columns are made of. */
export function createDerivedBook(alias: string, outer: ReadonlySet<string>): DerivedBook {
  const byKey = new Map<string, DerivedColumn>();
  return {
    add(expr, { type, role, grid, subject, stored = false, ...spec }) {
      const derived = { ...spec, stored, tells: presenceTells(expr, outer) };
      const key = JSON.stringify([keyOf(expr), role, derived.plain, typeof derived.sums === "string" ? derived.sums : "parts"]);
      const known = byKey.get(key);
      if (known !== undefined) return known.field;
      const name = `d${byKey.size + 1}`;
      const table: SchemaTable = { name: derived.label, grade: "protected", subjects: [], columns: [] };
      const own = subject === undefined ? undefined : { ...subject, column: name };
      const field: SubjectField = {
        kind: "subject",
        source: alias,
        table,
        column: { name, type, role, grid },
        subject: own,
        derived,
      };
      byKey.set(key, { expr, field });
      return field;
    },
    columns: () => [...byKey.values()],
  };
}

const typeOfFamily: Readonly<Record<TypeFamily, string>> = {
  boolean: "BOOLEAN",
  integer: "BIGINT",
  decimal: "DECIMAL(18,2)",
  double: "DOUBLE",
  text: "VARCHAR",
  date: "DATE",
  timestamp: "TIMESTAMP",
  other: "BLOB",
};

/** A stored column, perhaps through derived rows. */
export function isStored(expr: Bound): boolean {
  const field = plainSubject(expr);
  return field !== undefined && (field.derived === undefined || field.derived.stored);
}

/** An attribute where anything it is made of is one: conditions on it tell as much. */
function roleOf(expr: Bound): ColumnRole {
  const telling = someNode(
    expr,
    (node) =>
      node.kind === "aggregate" ||
      node.kind === "window" ||
      node.kind === "subquery" ||
      (node.kind === "ref" && node.ref.kind === "free") ||
      (node.kind === "ref" && node.ref.kind === "subject" && node.ref.column.role !== "quasi-identifier"),
  );
  return telling ? "attribute" : "quasi-identifier";
}

export function categorySpec(expr: Bound, category: Category, label: string): DerivedSpec {
  const stored = isStored(expr);
  return {
    label,
    base: label,
    category,
    sums: "never",
    plain: false,
    stored,
    type: typeOfFamily[category.family],
    role: roleOf(expr),
  };
}

/** A whole number of a few digits: how many rows, which place. */
export function countSpec(label: string, sums: DerivedField["sums"], plain: boolean): DerivedSpec {
  const category: Category = { family: "integer", small: true, patterns: "none", ranges: false };
  return { label, base: "count", category, sums, plain, type: "BIGINT", role: "attribute" };
}

export function measureSpec(label: string, type: string, grid: number | undefined): DerivedSpec {
  return { label, base: label, category: undefined, sums: "never", plain: false, type, role: "measure", grid };
}
