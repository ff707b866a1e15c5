import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

/** What may be computed over protected rows. */
export const figureLessons = {
  QUERY_AGGREGATE_REFUSED: {
    why: "The greatest income is one person's; list, mode, first or arg_max carry a stored value out as it is, however many rows stand in the group.",
    source: "ACRO and ABS, output rules: minimum, maximum and positions are not released",
    examples: [
      {
        sql: "SELECT max(income) AS most FROM person",
        place: "max(",
        fix: "SELECT avg(income) AS mean, quantile_cont(income, 0.9) AS high FROM person",
      },
      {
        sql: "SELECT district, list(gender) AS all_of_them FROM person GROUP BY district",
        place: "list(",
        fix: "SELECT district, count(*) FILTER (gender = 'F') AS women, count(*) AS n FROM person GROUP BY district",
      },
    ],
  },
  QUERY_MEASURE_SHAPE: {
    why: "A shape can silence everybody but one: greatest(income, 5000000) is 5 000 000 for all except the richest, and power(2, …) gives each person a digit.",
    examples: [
      {
        sql: "SELECT sum(greatest(income, 5000000)) AS total FROM person",
        place: "greatest(",
        fix: "SELECT sum(income) AS total FROM person",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
