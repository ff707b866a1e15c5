import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

/** What names and types mean. */
export const nameLessons = {
  QUERY_BIND: {
    why: "Types are settled on empty tables, before any data: an error met later would depend on what the data hold.",
    examples: [
      {
        sql: "SELECT sum(district) AS total FROM person",
        place: "sum(",
        fix: "SELECT sum(income) AS total FROM person",
      },
      {
        sql: "SELECT gender, district, count(*) AS n FROM person GROUP BY gender",
        place: "district",
        fix: "SELECT gender, district, count(*) AS n FROM person GROUP BY gender, district",
      },
    ],
  },
  QUERY_NAME_UNKNOWN: {
    why: "A table outside the agreement and one that does not exist get the same answer, so that nobody learns what else the platform holds.",
    source: "Measures of Hebei, article 19: use within the authorised scope only",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM persons",
        place: "persons",
        fix: "SELECT count(*) AS n FROM person",
      },
    ],
  },
  QUERY_NAME_AMBIGUOUS: {
    why: "Which column is meant decides which rules hold for it; it is never guessed.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person p JOIN visit v ON p.id_card = v.id_card WHERE id_card IS NOT NULL",
        place: "id_card IS",
        fix: "SELECT count(*) AS n FROM person p JOIN visit v ON p.id_card = v.id_card WHERE p.id_card IS NOT NULL",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
