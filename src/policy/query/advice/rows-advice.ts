import { type Bound, plainSubject, type SubjectField } from "../resolve/field.ts";
import { typeFamily } from "../types.ts";

const mostColumns = 2;

const named = (fields: readonly SubjectField[]): readonly string[] =>
  [...new Set(fields.map((field) => field.column.name))].slice(0, mostColumns);

/** Days make groups of a few; everything else that describes people may do as it is. */
function isGroupable({ column }: SubjectField): boolean {
  const family = typeFamily(column.type);
  return (column.role === "quasi-identifier" || column.role === "attribute") && family !== "date" && family !== "timestamp";
}

/** For rows that would be shown as they are: a statement of the same columns that asks for figures instead. */
export function rowsAdvice(items: readonly Bound[]): string {
  const fields = items.map(plainSubject).filter((field) => field !== undefined);
  if (fields.some((field) => field.subject !== undefined && field.derived !== undefined))
    return "Each row is one owner's. Aggregate once more around it: SELECT avg(n), count(*) FROM (…), or group by a column that many share.";
  const stored = fields.filter((field) => field.subject === undefined && field.derived === undefined);
  const groups = named(stored.filter(isGroupable));
  const measures = named(stored.filter(({ column }) => column.role === "measure"));
  const figures = ["count(*) AS n", ...measures.map((name) => `avg(${name})`)];
  const by = groups.length === 0 ? "" : ` GROUP BY ${groups.join(", ")}`;
  return `Ask for figures: SELECT ${[...groups, ...figures].join(", ")} FROM …${by}.`;
}
