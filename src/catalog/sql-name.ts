import { type Refusal, refuse } from "../kernel/index.ts";

const tablePattern = /^[a-z][a-z0-9_]{0,62}$/;
const columnPattern = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Names the engine gives its own catalogue: a table of that name would be ambiguous in the statement firewall. */
const engineNames = /^(duckdb_|pg_|sqlite_|pragma_|information_schema$)/i;

/** DuckDB's pseudo-columns: a stored column of that name would hide what the governed SQL must refuse. */
const pseudoColumns: ReadonlySet<string> = new Set(["rowid", "rownumber", "filename", "file_row_number", "file_index"]);

export type SqlNameRefusal = Refusal<"CATALOG_NAME_INVALID" | "CATALOG_NAME_RESERVED">;

/** The name of a table in the operators' SQL: lower case, so that no two differ by case only. */
export function checkTableName(name: string): SqlNameRefusal | undefined {
  if (name.startsWith("__") || engineNames.test(name))
    return refuse("CATALOG_NAME_RESERVED", {
      name: name.slice(0, 100),
      instead: "a name that does not start with __, duckdb_, pg_, sqlite_ or pragma_",
    });
  if (!tablePattern.test(name))
    return refuse("CATALOG_NAME_INVALID", { name: name.slice(0, 100), instead: "a letter a-z, then at most 62 of a-z, 0-9, _" });
  return undefined;
}

/** The name of a column. `__` is the platform's own: record keys travel under it. */
export function checkColumnName(name: string): SqlNameRefusal | undefined {
  if (name.startsWith("__") || pseudoColumns.has(name.toLowerCase()))
    return refuse("CATALOG_NAME_RESERVED", {
      name: name.slice(0, 100),
      instead: "a name that is not rowid and does not start with __",
    });
  if (!columnPattern.test(name))
    return refuse("CATALOG_NAME_INVALID", {
      name: name.slice(0, 100),
      instead: "a letter, then at most 62 of A-Z, a-z, 0-9, _; put other scripts in the title",
    });
  return undefined;
}
