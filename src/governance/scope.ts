import { type Catalog, checkTableName, isGrade, mayBeAuthorised, type ResourceView } from "../catalog/index.ts";
import { refuse } from "../kernel/index.ts";
import {
  type AgreementSchema,
  type ColumnControls,
  type SchemaColumn,
  type SchemaSubject,
  type SchemaTable,
  tightenControls,
} from "../policy/index.ts";
import type { Refused } from "./context.ts";
import { checkRowFilter, type RowFilter } from "./row-filter.ts";

/** A column of which conditions may ask less than the catalogue lets them. */
export interface ScopedColumn extends ColumnControls {
  readonly column: string;
}

/** One resource in a draft's scope, as the parties write it. */
export interface ScopeRequest {
  readonly resource: string;
  /** Its name in SQL; the resource's own where absent. */
  readonly as?: string | undefined;
  readonly columns: readonly (string | ScopedColumn)[];
  readonly rowFilter?: readonly RowFilter[] | undefined;
}

/** One resource in a version's scope: everything that binds, as values. */
export interface ScopedTable {
  readonly name: string;
  readonly resource: string;
  readonly family: string;
  readonly grade: "public" | "protected";
  readonly columns: readonly SchemaColumn[];
  readonly subjects: readonly SchemaSubject[];
  readonly rowFilter: readonly RowFilter[];
  /** Of public tables; absent in versions from before. */
  readonly keys?: SchemaTable["keys"];
}

function readColumn(written: string | ScopedColumn): ScopedColumn {
  return typeof written === "string" ? { column: written } : written;
}

function scopeColumns(request: ScopeRequest, resource: ResourceView): readonly SchemaColumn[] | Refused {
  if (request.columns.length === 0)
    return refuse("AGREEMENT_COLUMN_UNKNOWN", { resource: resource.name, problem: "the scope names no column of it" });
  const columns: SchemaColumn[] = [];
  const wantedColumns = new Map(request.columns.map(readColumn).map((wanted) => [wanted.column, wanted]));
  if (wantedColumns.size < new Set(request.columns).size)
    return refuse("AGREEMENT_COLUMN_CONTROLS", { resource: resource.name, instead: "each column once" });
  for (const wanted of wantedColumns.values()) {
    const column = resource.columns.find((candidate) => candidate.name === wanted.column);
    if (column === undefined)
      return refuse("AGREEMENT_COLUMN_UNKNOWN", { resource: resource.name, column: wanted.column.slice(0, 80) });
    // What people write of people holds anything, names included; no mask of a column reaches it.
    if (column.role === "free-text")
      return refuse("AGREEMENT_COLUMN_FREE_TEXT", { resource: resource.name, column: column.name });
    const tightened = tightenControls(column, wanted);
    if (tightened.kind === "problem")
      return refuse("AGREEMENT_COLUMN_CONTROLS", { resource: resource.name, column: column.name, instead: tightened.problem });
    columns.push({ name: column.name, type: column.type, role: column.role, ...tightened.controls });
  }
  // Every owner, not one of them: a row of two persons is protected for both only if both are counted.
  const missing = resource.subjects.find((subject) => !columns.some((column) => column.name === subject.column));
  return missing === undefined
    ? columns
    : refuse("AGREEMENT_OWNER_KEY_MISSING", { resource: resource.name, column: missing.column });
}

function scopeTable(request: ScopeRequest, resource: ResourceView): ScopedTable | Refused {
  if (!isGrade(resource.grade) || !mayBeAuthorised(resource.grade))
    return refuse("AGREEMENT_RESOURCE_CORE", { resource: resource.name });
  const name = request.as ?? resource.name;
  const badName = checkTableName(name);
  if (badName !== undefined) return refuse("AGREEMENT_TABLE_NAME", badName.detail);
  const columns = scopeColumns(request, resource);
  if ("code" in columns) return columns;
  const rowFilter: RowFilter[] = [];
  for (const { column: on, op, value } of request.rowFilter ?? []) {
    // A filter on an identifier picks one person; two agreements that differ by it would subtract to that person.
    const column = columns.find((candidate) => candidate.name === on && candidate.role !== "identifier");
    const problem =
      column === undefined ? "is no column in scope, or an identifier" : checkRowFilter({ column: on, op, value }, column.type);
    if (problem !== undefined)
      return refuse("AGREEMENT_ROW_FILTER", { resource: resource.name, column: on.slice(0, 80), problem });
    rowFilter.push({ column: on, op, value });
  }
  return {
    name,
    resource: resource.id,
    family: resource.family,
    grade: resource.grade === "public" ? "public" : "protected",
    columns,
    subjects: resource.subjects,
    rowFilter,
    // Of a key that is not in scope whole, the columns that are may well repeat.
    keys: resource.keys.filter((key) => key.every((name) => columns.some((column) => column.name === name))),
  };
}

/** The scope as values, or the first thing in it that cannot be granted. */
export async function resolveScope(
  requests: readonly ScopeRequest[],
  catalog: Pick<Catalog, "resource">,
): Promise<readonly ScopedTable[] | Refused> {
  if (requests.length === 0) return refuse("AGREEMENT_RESOURCE_UNKNOWN", { problem: "the scope names no resource" });
  const tables: ScopedTable[] = [];
  for (const request of requests) {
    const resource = await catalog.resource(request.resource);
    if (resource === undefined) return refuse("AGREEMENT_RESOURCE_UNKNOWN", { resource: request.resource.slice(0, 64) });
    const table = scopeTable(request, resource);
    if ("code" in table) return table;
    if (tables.some(({ name }) => name === table.name))
      return refuse("AGREEMENT_TABLE_NAME", {
        name: table.name,
        problem: "stands twice; give one of them another name with `as`",
      });
    tables.push(table);
  }
  return tables;
}

/** What the compiler sees. Identifiers that are no owner key are dropped at provisioning, so they do not exist. */
export function schemaOf(tables: readonly ScopedTable[]): AgreementSchema {
  return {
    tables: tables.map(({ name, grade, subjects, columns, keys }) => ({
      name,
      grade,
      subjects,
      keys: keys ?? [],
      columns: columns.filter(
        (column) => column.role !== "identifier" || subjects.some((subject) => subject.column === column.name),
      ),
    })),
  };
}
