import type { StatementRefusalCode } from "../refusal-codes.ts";
import type { Lesson } from "./lesson.ts";

/** What is read at all: text, size, clauses, functions, types. */
export const languageLessons = {
  QUERY_SYNTAX: {
    why: "Text that one reader takes and another does not is how statements are smuggled past a check; only what the engine itself reads goes on.",
    examples: [
      {
        sql: "SELECT district, count(*) AS n FORM person GROUP BY district",
        place: "FORM",
        fix: "SELECT district, count(*) AS n FROM person GROUP BY district",
      },
    ],
  },
  QUERY_NOT_ONE_SELECT: {
    why: "A second statement, a COPY, SET, ATTACH or PRAGMA could write files, change the engine's settings or read the catalogue.",
    source: "Measures of Hebei, article 24: raw data do not leave the platform",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person; COPY person TO 'out.csv'",
        fix: "SELECT count(*) AS n FROM person",
      },
    ],
  },
  QUERY_TOO_LARGE: {
    why: "A statement of a million figures costs more to judge than to run, and many figures of the same rows are equations that can be solved for one person.",
    source: "Dinur and Nissim 2003, Revealing information while preserving privacy",
    arises:
      "A text beyond enclave.sqlBytes, more than 200 columns in one SELECT, more atomic figures or joined tables than a statement may have, " +
      "an aggregate with more than 64 CASE branches, more than 100 parameters, or WITH queries that name each other until the whole grows too large.",
    instead: "Several statements with fewer figures each; the refusal's `found` says which bound was passed.",
  },
  QUERY_TOO_DEEP: {
    why: "Deep nesting ends a parser that recurses, and with it the process that compiles for everybody.",
    arises: "Brackets, subqueries or CASE that nest deeper than enclave.sqlDepth, mostly in statements that a program wrote.",
    instead: "Name the inner parts with WITH; an IN list in place of a chain of OR; fewer brackets.",
  },
  QUERY_TOO_HARD: {
    why: "Hostile text meets the parser in processes of their own, with bounds of time and memory, so that it cannot hold up anybody else.",
    arises:
      "The compiler process did not answer in time, needed too much memory or ended, or every compiler was busy for longer than a statement waits. " +
      "The first means the statement; the last passes by itself.",
    instead: "The same statement again in a moment; if it is refused again, in a simpler form.",
  },
  QUERY_UNREADABLE: {
    why: "A part of the tree that is not known could mean anything, so nothing of the statement runs.",
    arises:
      "The engine's tree of the statement has a field or a form that the platform does not know, or the governed form does not bind. " +
      "An honest statement meets it where two rare forms stand in one.",
    instead:
      "The same question in plainer form: subqueries as WITH queries, one step each. Tell the platform's administrator, who can report it.",
  },
  QUERY_NODE_UNKNOWN: {
    why: "Forms are taken one by one, each with a proof of what it can tell. A form that is not known could tell anything.",
    arises:
      "An expression or table of a form that no reader is known for, mostly syntax that a new version of the engine brings.",
    instead: "The same with columns, literals, CASE, comparisons, IN, LIKE, listed functions, joins and WITH.",
  },
  QUERY_CLAUSE_UNSUPPORTED: {
    why: "A clause that is not understood completely is not run at all: half understood, it could choose or order rows by what they hold.",
    examples: [
      {
        sql: "SELECT district, count(*) AS n FROM person GROUP BY district ORDER BY district COLLATE DE",
        place: "district COLLATE",
        fix: "SELECT district, count(*) AS n FROM person GROUP BY district ORDER BY district",
      },
    ],
  },
  QUERY_FUNCTION_NOT_LISTED: {
    why: "Functions read files, settings, clocks and random numbers, or run text as SQL; each listed one is known to be pure.",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE random() < 0.1",
        place: "random()",
        fix: "SELECT count(*) AS n FROM person WHERE birth_date < DATE '1970-01-01'",
      },
    ],
  },
  QUERY_LITERAL_UNSUPPORTED: {
    why: "A value that changes on its way would be judged as one thing and run as another.",
    arises: "A literal of a kind that no reader is known for, or a number that the engine's tree does not carry exactly.",
    instead: "A text with its type (DATE '2026-01-31', INTERVAL '3 days'), or a number with fewer digits.",
  },
  QUERY_TYPE_UNSUPPORTED: {
    why: "Types with time zones hang on settings of the engine; extension types bring code of their own.",
    examples: [
      {
        sql: "SELECT CAST('2026-01-31 08:00:00' AS TIMESTAMPTZ) AS t, count(*) AS n FROM person",
        place: "CAST(",
        fix: "SELECT TIMESTAMP '2026-01-31 08:00:00' AS t, count(*) AS n FROM person",
      },
    ],
  },
  QUERY_FALLIBLE: {
    why: "A cast that fails for one value fails exactly when somebody in the data has it: the error is an answer about one person. DuckDB even prints the value.",
    source: "Haeberlen, Pierce and Narayan 2011, Differential privacy under fire (state and error channels)",
    examples: [
      {
        sql: "SELECT count(*) AS n FROM person WHERE CAST(district AS INTEGER) = 1",
        place: "district AS",
        fix: "SELECT count(*) AS n FROM person WHERE district = 'D1'",
      },
      {
        sql: "SELECT avg(ln(income)) AS mean FROM person",
        place: "ln(",
        fix: "SELECT avg(ln(income)) AS mean FROM person WHERE income > 0",
      },
    ],
  },
} as const satisfies Partial<Record<StatementRefusalCode, Lesson>>;
