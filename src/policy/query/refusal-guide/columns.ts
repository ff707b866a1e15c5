import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

/** What may be asked of which column. */
export const columnLessons = {
  QUERY_IDENTIFIER_USE: {
    why: "A condition on an identifier asks about one known person; two such statements, with and without, give that person's values.",
    source: "GB/T 37964-2019: direct identifiers",
    examples: [
      {
        sql: "SELECT avg(income) AS mean FROM person WHERE id_card = '130102199001011234'",
        place: "id_card =",
        fix: "SELECT count(DISTINCT id_card) AS people, avg(income) AS mean FROM person",
      },
    ],
  },
  QUERY_FREE_TEXT_USE: {
    why: "Free text holds names, addresses and stories that no role describes; a pattern over it finds one person.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM employment WHERE note LIKE '%director%'",
        place: "note",
        fix: "SELECT count(*) AS n FROM employment WHERE position = 'P1'",
      },
    ],
  },
  QUERY_CONDITION: {
    why: "Computed conditions (hashes, lengths, slices, digits) cut any value into bits that are asked one by one.",
    source: "Gadotti et al. 2019, When the signal is in the noise (arXiv 1804.06752)",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE length(district) = 2",
        place: "length(",
        fix: "SELECT count(*) AS n FROM person WHERE district IN ('D1', 'D2')",
      },
      {
        sql: "SELECT count(*) AS n FROM person WHERE district LIKE '%1'",
        place: "district LIKE",
        fix: "SELECT count(*) AS n FROM person WHERE district LIKE 'D%'",
      },
    ],
  },
  QUERY_CONDITION_TYPES: {
    why: "To compare two kinds the engine casts one side, and a cast of a protected value can fail, or find two values equal that are not.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE birth_date < '1970'",
        place: "birth_date <",
        fix: "SELECT count(*) AS n FROM person WHERE birth_date < DATE '1970-01-01'",
      },
    ],
  },
  QUERY_MEASURE_CONDITION: {
    why: "income = 83 150 asks for one person's exact income, and income % 10 for its last digit: each is a probe, and a hundred of them are the value.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE income = 50000",
        place: "income =",
        fix: "SELECT count(*) AS n FROM person WHERE income >= 50000 AND income < 60000",
      },
    ],
  },
  QUERY_COLUMN_CONTROL: {
    why: "An agreement may let less be asked of a column than its role does: here no condition singles out a day within a month.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM employment WHERE since = DATE '2020-03-17'",
        place: "since = DATE",
        fix: "SELECT count(*) AS n FROM employment WHERE since >= DATE '2020-03-01' AND since < DATE '2020-05-01'",
      },
      {
        sql: "SELECT count(*) AS n FROM employment GROUP BY since",
        place: "since",
        fix: "SELECT year(since) AS y, count(*) AS n FROM employment GROUP BY y",
      },
    ],
  },
  QUERY_OFF_GRID: {
    why: "Bounds that may be moved by a cent enclose one value at last; on a grid every answer covers a whole step.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE income > 12345",
        place: "12345",
        fix: "SELECT count(*) AS n FROM person WHERE income > 10000",
      },
      {
        sql: "SELECT count(*) AS n FROM visit WHERE cost >= 500",
        place: "500",
        fix: "SELECT count(*) AS n, sum(cost) AS total FROM visit",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
