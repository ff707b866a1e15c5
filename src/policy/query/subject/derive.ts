import type { Category } from "../resolve/category.ts";
import { type Bound, type DerivedColumn, type DerivedField, plainSubject, type SubjectField } from "../resolve/field.ts";
import type { ColumnRole, SchemaColumn, SchemaSubject, SchemaTable } from "../schema.ts";
import { someNode } from "../tree/rebuild.ts";
import type { TypeFamily } from "../types.ts";
import { counts } from "./bases.ts";
import { keyOf } from "./label.ts";
import { makeCategory } from "./make-category.ts";
import { presenceTells } from "./telling.ts";

/** What a column of derived rows is to be. */
export interface DerivedSpec extends Omit<DerivedField, "tells" | "stored" | "chosen"> {
  /** False where absent. */
  readonly stored?: boolean | undefined;
  readonly type: string;
  readonly role: ColumnRole;
  readonly grid?: number | undefined;
  /** Of a measure, where the agreement says so. */
  readonly conditions?: SchemaColumn["conditions"];
  readonly subject?: SchemaSubject | undefined;
}

/** Columns of one table of derived rows: each is made once, however often the statement asks for it. */
export interface DerivedBook {
  add(expr: Bound, spec: DerivedSpec): SubjectField;
  columns(): readonly DerivedColumn[];
}

function derivedField(
  alias: string,
  name: string,
  spec: DerivedSpec,
  told: Pick<DerivedField, "tells" | "chosen">,
): SubjectField {
  const { type, role, grid, conditions, subject, stored = false, ...derived } = spec;
  const table: SchemaTable = { name: derived.label, grade: "protected", subjects: [], columns: [] };
  return {
    kind: "subject",
    source: alias,
    table,
    column: { name, type, role, grid, conditions },
    subject: subject === undefined ? undefined : { ...subject, column: name },
    derived: { ...derived, stored, ...told },
  };
}

/** Rows that columns are made of. */
export interface BookRows {
  /** Aliases of tables behind an outer join. */
  readonly outer: ReadonlySet<string>;
  /** Whether telling conditions chose them. */
  readonly chosen: boolean;
}

export function createDerivedBook(alias: string, { outer, chosen }: BookRows): DerivedBook {
  const byKey = new Map<string, DerivedColumn>();
  return {
    add(expr, spec) {
      const key = JSON.stringify([keyOf(expr), spec.role, spec.plain, typeof spec.sums === "string" ? spec.sums : "parts"]);
      const known = byKey.get(key);
      if (known !== undefined) return known.field;
      const field = derivedField(alias, `d${byKey.size + 1}`, spec, { tells: presenceTells(expr, outer), chosen });
      byKey.set(key, { expr, field });
      return field;
    },
    columns: () => [...byKey.values()],
  };
}

/** A column of united rows: what it is in each of them. */
export interface UnitedColumn {
  readonly exprs: readonly Bound[];
  readonly field: SubjectField;
}

/** Columns of united rows. */
export interface UnitedBook {
  add(exprs: readonly Bound[], spec: DerivedSpec): SubjectField;
  columns(): readonly UnitedColumn[];
}

export function isNullLiteral(expr: Bound): boolean {
  return expr.kind === "literal" && expr.value.type === "null";
}

/** `sides`: the rows that are united. */
export function createUnitedBook(alias: string, sides: readonly BookRows[]): UnitedBook {
  const columns: UnitedColumn[] = [];
  return {
    add(exprs, spec) {
      // Where only some of the united rows have a value, that it is there tells which of them a row is from.
      const tells = sides.some(({ outer }, i) =>
        exprs.slice(i, i + 1).some((expr) => isNullLiteral(expr) || presenceTells(expr, outer)),
      );
      const field = derivedField(alias, `d${columns.length + 1}`, spec, { tells, chosen: sides.some((side) => side.chosen) });
      columns.push({ exprs, field });
      return field;
    },
    columns: () => columns,
  };
}

export const typeOfFamily: Readonly<Record<TypeFamily, string>> = {
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
    bases: [label],
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
  const category = makeCategory({ family: "integer", small: true });
  return { label, bases: [counts], category, sums, plain, type: "BIGINT", role: "attribute" };
}

export function measureSpec(label: string, type: string, grid: number | undefined): DerivedSpec {
  return { label, bases: [label], category: undefined, sums: "never", plain: false, type, role: "measure", grid };
}
