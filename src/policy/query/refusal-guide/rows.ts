import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

/** Whose rows are where: results, choices, joins, subqueries, groups. */
export const rowLessons = {
  QUERY_ROWS_NOT_SHOWN: {
    why: "A row is somebody's data. What may be seen are figures over enough people that nobody is singled out.",
    source: "Measures of Hebei, article 19: data are usable but not visible (数据可用不可见)",
    examples: [
      {
        sql: "SELECT district, income FROM person",
        place: "district, income",
        fix: "SELECT district, avg(income) AS mean FROM person GROUP BY district",
      },
    ],
  },
  QUERY_ROW_CHOICE: {
    why: "Whoever chooses rows by place builds a group of one: the first 11 without the first 10 are one person.",
    source: "Denning, Denning and Schwartz 1979, The tracker: a threat to statistical database security",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM (SELECT district FROM person ORDER BY income LIMIT 11)",
        place: "district FROM",
        fix: "SELECT district, count(*) AS n FROM person GROUP BY district ORDER BY n DESC LIMIT 3",
      },
      {
        sql: "SELECT part, count(*) AS n FROM (SELECT ntile(4) OVER (ORDER BY income) AS part FROM person) GROUP BY part",
        place: "ntile(",
        fix: "SELECT floor(income / 20000) * 20000 AS part, count(*) AS n FROM person GROUP BY part",
      },
    ],
  },
  QUERY_JOIN_NOT_BY_OWNER: {
    why: "A join by anything else puts everybody's row beside everybody's: one person's value can be copied into a thousand rows, or matched by birth date and district.",
    source: "GB/T 37964-2019: quasi-identifiers re-identify a person",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person p JOIN visit v ON p.birth_date = v.visit_date",
        place: "visit v",
        fix: "SELECT count(*) AS n FROM person p JOIN visit v ON p.id_card = v.id_card",
      },
    ],
  },
  QUERY_JOIN_KIND: {
    why: "Rows that meet by place, or public rows that meet one person's row several times, let somebody count a hundred times: a group of one then looks like one of a hundred.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person p POSITIONAL JOIN visit v",
        place: "POSITIONAL",
        fix: "SELECT count(*) AS n FROM person p JOIN visit v USING (id_card)",
      },
      {
        sql: "SELECT r.north, count(*) AS n FROM person p JOIN region r ON r.district = p.district GROUP BY r.north",
        place: "JOIN region",
        fix: "SELECT r.north, count(*) AS n FROM person p JOIN (SELECT district, any_value(north) AS north FROM region GROUP BY district) r ON r.district = p.district GROUP BY r.north",
      },
    ],
  },
  QUERY_SUBQUERY: {
    why: "A subquery that is not about the person of the row around it answers for everybody at once whether somebody else exists.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.icd10 = 'I10')",
        place: "EXISTS",
        fix: "SELECT count(*) AS n FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.icd10 = 'I10')",
      },
    ],
  },
  QUERY_GROUP_BY_OWNER: {
    why: "A group per enterprise is one enterprise, however many people work there: each owner in a row must be protected by itself.",
    source: "Handbook on Statistical Disclosure Control: entities are counted, not rows",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM employment GROUP BY employer",
        place: "employer",
        fix: "SELECT position, count(*) AS n FROM employment GROUP BY position",
      },
    ],
  },
  QUERY_GROUP_KEY: {
    why: "Exact incomes or computed texts make groups of one, and the key itself would print the value.",
    source: "ACRO, safe_threshold 10",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person GROUP BY income",
        place: "income",
        fix: "SELECT floor(income / 20000) * 20000 AS at_least, count(*) AS n FROM person GROUP BY at_least",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
