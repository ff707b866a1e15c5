import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

const fromDate = { from: { type: "DATE", value: "1970-01-01" } } as const;
const since = "SELECT count(*) AS n FROM person WHERE birth_date >= :from";

/** Values beside the statement. */
export const parameterLessons = {
  QUERY_PARAMETER_INVALID: {
    why: "A value is judged as if it were written in the statement; one of another type than it says would be judged as one thing and run as another.",
    examples: [
      {
        sql: since,
        parameters: { from: { type: "DATE", value: "1970-02-30" } },
        fix: since,
        fixParameters: fromDate,
      },
    ],
  },
  QUERY_PARAMETER_UNKNOWN: {
    why: "A parameter without a value would be NULL, and a condition with NULL silently keeps nothing.",
    examples: [{ sql: since, place: ":from", fix: since, fixParameters: fromDate }],
  },
  QUERY_PARAMETER_UNUSED: {
    why: "A value that stands nowhere is mostly a misspelt name; the statement would run without the filter that was meant.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person",
        parameters: fromDate,
        fix: since,
        fixParameters: fromDate,
      },
    ],
  },
  QUERY_PARAMETER_PLACE: {
    why: "A value that becomes a name is how SQL injection works. Names are part of the text, which is read and judged as a whole.",
    source: "CWE-89",
    examples: [
      {
        sql: "SELECT district, count(*) AS n FROM person GROUP BY :key",
        parameters: { key: { type: "INTEGER", value: 1 } },
        place: ":key",
        fix: "SELECT district, count(*) AS n FROM person GROUP BY district",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
