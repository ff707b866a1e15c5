/** A condition on the rows an agreement covers: typed values, never SQL text. */
export interface RowFilter {
  readonly column: string;
  readonly op: "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "is-null" | "is-not-null";
  readonly value?: string | number | boolean | readonly (string | number | boolean)[] | undefined;
}

const day = /^\d{4}-\d{2}-\d{2}$/;
const instant = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

function fits(value: string | number | boolean, type: string): boolean {
  if (type === "VARCHAR") return typeof value === "string";
  if (type === "BOOLEAN") return typeof value === "boolean";
  if (type === "DATE") return typeof value === "string" && day.test(value);
  if (type === "TIMESTAMP") return typeof value === "string" && instant.test(value);
  return typeof value === "number" && Number.isFinite(value);
}

/** What is wrong with a filter on a column of that type; undefined: nothing. */
export function checkRowFilter(filter: RowFilter, type: string): string | undefined {
  const { op, value } = filter;
  if (op === "is-null" || op === "is-not-null") return value === undefined ? undefined : `${op} takes no value`;
  if (op === "in") {
    if (!Array.isArray(value) || value.length === 0) return "`in` takes a list of values";
    return value.every((one) => fits(one, type)) ? undefined : `the list must hold ${type} values only`;
  }
  if (value === undefined || typeof value === "object") return `${op} takes one value`;
  return fits(value, type) ? undefined : `the value must be a ${type}`;
}
