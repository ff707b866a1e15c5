import { type Refusal, refuse } from "../kernel/index.ts";
import { type ColumnControls, type ColumnRole, controlsProblem } from "../policy/index.ts";
import { columnTypeNames, isNumeric, parseColumnType } from "./column-type.ts";
import { checkKeys, neverEmpty } from "./declared-keys.ts";
import { type Grade, grades, isAbove, isGrade } from "./grade.ts";
import { parsePlainText } from "./plain-text.ts";
import type { CatalogRefusalCode } from "./refusals.ts";
import { checkColumnName, checkTableName } from "./sql-name.ts";

export interface ColumnDeclaration extends ColumnControls {
  readonly name: string;
  readonly type: string;
  readonly role: ColumnRole;
  readonly title?: string | undefined;
  /** The column's own grade; the resource's, where absent. */
  readonly grade?: string | undefined;
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
  /** Public tables: sets of columns that are never empty and never equal in two rows; every file is held to them. */
  readonly keys?: readonly (readonly string[])[] | undefined;
}

/** A declaration in canonical form. */
export interface CheckedDeclaration {
  readonly name: string;
  readonly grade: Grade;
  readonly columns: readonly ColumnDeclaration[];
  readonly subjects: readonly SubjectDeclaration[];
  readonly keys: readonly (readonly string[])[];
}

type Refused = Refusal<CatalogRefusalCode>;
const no = (code: CatalogRefusalCode, detail: Refusal["detail"]): Refused => refuse(code, detail);

const subjectKinds = /^[a-z][a-z-]{0,31}$/;
/** Total over the union: a role that policy gains does not compile here until it is accepted. */
const columnRoles: Readonly<Record<ColumnRole, true>> = {
  identifier: true,
  "quasi-identifier": true,
  measure: true,
  attribute: true,
  "free-text": true,
};
/** Types whose text is the same for the same owner wherever it stands; a DOUBLE loses digits of a long number. */
const subjectTypes: readonly string[] = ["VARCHAR", "INTEGER", "BIGINT"];

function controlsOf({ conditions, grid, step, prefixLength }: ColumnDeclaration): ColumnControls {
  return { conditions, grid, step, prefixLength };
}

function checkColumn(column: ColumnDeclaration, grade: Grade): ColumnDeclaration | Refused {
  const badName = checkColumnName(column.name);
  if (badName !== undefined) return badName;
  const at = { column: column.name };
  const type = parseColumnType(column.type);
  if (type === undefined)
    return no("CATALOG_COLUMN_TYPE_UNKNOWN", { ...at, type: column.type.slice(0, 60), instead: columnTypeNames });
  const own = column.grade ?? grade;
  if (!isGrade(own)) return no("CATALOG_GRADE_UNKNOWN", { ...at, grade: own.slice(0, 40), instead: grades.join(", ") });
  // 就高从严 (GB/T 43697): a table is graded as its highest column.
  if (isAbove(own, grade)) return no("CATALOG_GRADE_TOO_LOW", { ...at, columnGrade: own, resourceGrade: grade });
  if (!Object.hasOwn(columnRoles, column.role))
    return no("CATALOG_COLUMN_ROLE_UNKNOWN", { ...at, instead: Object.keys(columnRoles).join(", ") });
  if (column.role === "measure" && !isNumeric(type))
    return no("CATALOG_COLUMN_ROLE_MISMATCH", {
      ...at,
      role: "measure",
      type: type.text,
      instead: "a numeric type, or the role attribute",
    });
  if (column.role === "free-text" && type.class !== "text")
    return no("CATALOG_COLUMN_ROLE_MISMATCH", { ...at, role: "free-text", type: type.text, instead: "VARCHAR" });
  const title = column.title === undefined ? undefined : parsePlainText(column.title);
  if (column.title !== undefined && title === undefined)
    return no("CATALOG_TEXT_INVALID", { ...at, instead: "a title of 1 to 200 visible characters, or none" });
  const { name, role, nullable } = column;
  const controls = controlsOf(column);
  const problem = controlsProblem({ ...controls, type: type.text, role });
  // A grid alone was all that there was to say of a column, and its refusal keeps its name.
  const isGrid = Object.entries(controls).every(([field, value]) => field === "grid" || value === undefined);
  if (problem !== undefined)
    return no(isGrid ? "CATALOG_COLUMN_GRID_INVALID" : "CATALOG_COLUMN_CONTROLS_INVALID", { ...at, instead: problem });
  return { name, type: type.text, role, title, grade: own, ...controls, nullable: nullable ?? true };
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
        column: column.slice(0, 100),
        kind: kind.slice(0, 40),
        instead: "a kind such as person or enterprise",
      });
    if (taken.has(column)) return no("CATALOG_SUBJECT_DUPLICATE", { column: column.slice(0, 100) });
    taken.add(column);
    const key = columns.find(({ name }) => name === column);
    if (key?.role !== "identifier")
      return no("CATALOG_SUBJECT_COLUMN_INVALID", {
        column: column.slice(0, 100),
        instead: "a declared column with the role identifier",
      });
    if (!subjectTypes.includes(key.type))
      return no("CATALOG_SUBJECT_COLUMN_INVALID", { column, type: key.type, instead: subjectTypes.join(", ") });
  }
  return undefined;
}

/** The declaration in canonical form, or the first thing wrong with it and what would be accepted. */
export function checkDeclaration(declaration: Declaration, maxColumns: number): CheckedDeclaration | Refused {
  const badName = checkTableName(declaration.name);
  if (badName !== undefined) return badName;
  const { grade } = declaration;
  if (!isGrade(grade)) return no("CATALOG_GRADE_UNKNOWN", { grade: grade.slice(0, 40), instead: grades.join(", ") });
  if (declaration.columns.length === 0 || declaration.columns.length > maxColumns)
    return no("CATALOG_COLUMN_COUNT", { limit: maxColumns, instead: `1 to ${maxColumns} columns` });
  const columns: ColumnDeclaration[] = [];
  const folded = new Set<string>();
  for (const column of declaration.columns) {
    const checked = checkColumn(column, grade);
    if ("code" in checked) return checked;
    if (folded.has(column.name.toLowerCase())) return no("CATALOG_COLUMN_DUPLICATE", { column: column.name });
    folded.add(column.name.toLowerCase());
    columns.push(checked);
  }
  const keys = checkKeys(declaration, columns);
  if ("code" in keys) return keys;
  const badSubject = checkSubjects(declaration, columns);
  const subjects = declaration.subjects.map(({ kind, column, unique }) => ({ kind, column, unique }));
  return badSubject ?? { name: declaration.name, grade, columns: neverEmpty(columns, keys.flat()), subjects, keys };
}
