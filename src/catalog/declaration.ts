import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { ColumnRole } from "../policy/index.ts";
import { columnTypeNames, isNumeric, parseColumnType } from "./column-type.ts";
import { type Grade, isAbove, isGrade } from "./grade.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import { checkColumnName, checkTableName } from "./sql-name.ts";

export interface ColumnDeclaration {
  readonly name: string;
  readonly type: string;
  readonly role: ColumnRole;
  readonly title?: string | undefined;
  /** The column's own grade; the resource's, where absent. */
  readonly grade?: string | undefined;
  readonly grid?: number | undefined;
  /** False: an empty cell is an error of the file. Owner keys of unique subjects are never empty. */
  readonly nullable?: boolean | undefined;
}

export interface SubjectDeclaration {
  readonly kind: string;
  readonly column: string;
  readonly unique: boolean;
}

/** What a source unit says of a table before it hands any of it in. */
export interface Declaration {
  readonly name: string;
  readonly grade: string;
  readonly columns: readonly ColumnDeclaration[];
  readonly subjects: readonly SubjectDeclaration[];
}

/** A declaration in canonical form. */
export interface CheckedDeclaration {
  readonly name: string;
  readonly grade: Grade;
  readonly columns: readonly ColumnDeclaration[];
  readonly subjects: readonly SubjectDeclaration[];
}

type Refused = Refusal<CatalogRefusalCode>;
const no = (code: CatalogRefusalCode, detail: Refusal["detail"]): Refused => refuse(code, detail);

const subjectKinds = /^[a-z][a-z-]{0,31}$/;

function checkColumn(column: ColumnDeclaration, grade: Grade): ColumnDeclaration | Refused {
  const badName = checkColumnName(column.name);
  if (badName !== undefined) return badName;
  const at = { column: column.name };
  const type = parseColumnType(column.type);
  if (type === undefined)
    return no("CATALOG_COLUMN_TYPE_UNKNOWN", { ...at, type: column.type.slice(0, 60), instead: columnTypeNames });
  const own = column.grade ?? grade;
  if (!isGrade(own)) return no("CATALOG_GRADE_UNKNOWN", { ...at, grade: own.slice(0, 40) });
  // 就高从严 (GB/T 43697): a table is graded as its highest column.
  if (isAbove(own, grade)) return no("CATALOG_GRADE_TOO_LOW", { ...at, columnGrade: own, resourceGrade: grade });
  if (column.role === "measure" && !isNumeric(type))
    return no("CATALOG_COLUMN_ROLE_MISMATCH", {
      ...at,
      role: "measure",
      type: type.text,
      instead: "a numeric type, or the role attribute",
    });
  if (column.role === "free-text" && type.class !== "text")
    return no("CATALOG_COLUMN_ROLE_MISMATCH", { ...at, role: "free-text", type: type.text, instead: "VARCHAR" });
  if (column.grid !== undefined && (column.role !== "measure" || !(column.grid > 0) || !Number.isFinite(column.grid)))
    return no("CATALOG_COLUMN_GRID_INVALID", { ...at, instead: "a number above 0, on a measure" });
  return { ...column, type: type.text };
}

function checkSubjects(declaration: Declaration, columns: readonly ColumnDeclaration[]): Refused | undefined {
  const isPublic = declaration.grade === "public";
  if (isPublic && declaration.subjects.length > 0)
    return no("CATALOG_SUBJECT_ON_PUBLIC", { instead: "a grade that protects the subjects, or no subjects" });
  if (!isPublic && declaration.subjects.length === 0)
    return no("CATALOG_SUBJECT_MISSING", { instead: "whose rows these are: kind and key column, such as person: id_card" });
  const taken = new Set<string>();
  for (const { kind, column } of declaration.subjects) {
    if (!subjectKinds.test(kind))
      return no("CATALOG_SUBJECT_COLUMN_INVALID", {
        column,
        kind: kind.slice(0, 40),
        instead: "a kind such as person or enterprise",
      });
    if (taken.has(column)) return no("CATALOG_SUBJECT_DUPLICATE", { column });
    taken.add(column);
    const key = columns.find(({ name }) => name === column);
    if (key?.role !== "identifier")
      return no("CATALOG_SUBJECT_COLUMN_INVALID", { column, instead: "a declared column with the role identifier" });
    if (!["VARCHAR", "INTEGER", "BIGINT"].includes(key.type))
      return no("CATALOG_SUBJECT_COLUMN_INVALID", { column, type: key.type, instead: "VARCHAR, INTEGER or BIGINT" });
  }
  return undefined;
}

/** The declaration in canonical form, or the first thing wrong with it and what would be accepted. */
export function checkDeclaration(declaration: Declaration, maxColumns: number): CheckedDeclaration | Refused {
  const badName = checkTableName(declaration.name);
  if (badName !== undefined) return badName;
  const { grade } = declaration;
  if (!isGrade(grade)) return no("CATALOG_GRADE_UNKNOWN", { grade: grade.slice(0, 40) });
  if (declaration.columns.length > maxColumns) return no("CATALOG_COLUMN_COUNT", { limit: maxColumns });
  const columns: ColumnDeclaration[] = [];
  const folded = new Set<string>();
  for (const column of declaration.columns) {
    const checked = checkColumn(column, grade);
    if (isRefusal(checked)) return checked;
    if (folded.has(column.name.toLowerCase())) return no("CATALOG_COLUMN_DUPLICATE", { column: column.name });
    folded.add(column.name.toLowerCase());
    columns.push(checked as ColumnDeclaration);
  }
  const badSubject = checkSubjects(declaration, columns);
  return badSubject ?? { name: declaration.name, grade, columns, subjects: declaration.subjects };
}
