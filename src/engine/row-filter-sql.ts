import { parseColumnType } from "./column-type.ts";
import type { RowFilter } from "./provision-messages.ts";
import { quoteIdentifier, quoteText } from "./sql-text.ts";

/** A filter that governance should have refused; the roles' side of the wire knows no engine errors. */
export class RowFilterInvalid extends Error {
  constructor(filter: RowFilter, problem: string) {
    super(`row filter on ${filter.column} (${filter.op}): ${problem}`);
    this.name = "RowFilterInvalid";
  }
}

/** A value as a literal of the column's own type: text in quotes, cast by the engine, never pasted. */
function literal(filter: RowFilter, value: string | number | boolean, type: string): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RowFilterInvalid(filter, "the number is not finite");
  const text = String(value);
  if (text.includes("\0") || !text.isWellFormed())
    throw new RowFilterInvalid(filter, "the text holds characters that no value may hold");
  return `CAST(${quoteText(text)} AS ${type})`;
}

function single(filter: RowFilter): string | number | boolean {
  const { value } = filter;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw new RowFilterInvalid(filter, "takes one value");
  return value;
}

/**
 * The WHERE condition of one typed filter. `type` is the column's declared type. Throws
 * `RowFilterInvalid` for an operator without its value.
 */
export function rowFilterSql(filter: RowFilter, type: string): string {
  const parsed = parseColumnType(type);
  if (parsed === undefined) throw new RowFilterInvalid(filter, "the column has an unknown type");
  const column = quoteIdentifier(filter.column);
  switch (filter.op) {
    case "=":
    case "<>":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return `${column} ${filter.op} ${literal(filter, single(filter), parsed.sql)}`;
    case "in": {
      const { value } = filter;
      if (typeof value !== "object" || value.length === 0) throw new RowFilterInvalid(filter, "takes a list of values");
      return `${column} IN (${value.map((one) => literal(filter, one, parsed.sql)).join(", ")})`;
    }
    case "is-null":
    case "is-not-null":
      if (filter.value !== undefined) throw new RowFilterInvalid(filter, "takes no value");
      return `${column} IS ${filter.op === "is-null" ? "" : "NOT "}NULL`;
  }
}
