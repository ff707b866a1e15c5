/** Why a statement is not compiled. Closed: a new code needs its texts here before anything compiles. */
export type QueryRefusalCode =
  | "QUERY_TOO_LARGE"
  | "QUERY_TOO_DEEP"
  | "QUERY_UNREADABLE"
  | "QUERY_NOT_ONE_SELECT"
  | "QUERY_NODE_UNKNOWN"
  | "QUERY_CLAUSE_UNSUPPORTED"
  | "QUERY_FUNCTION_NOT_LISTED"
  | "QUERY_LITERAL_UNSUPPORTED"
  | "QUERY_TYPE_UNSUPPORTED"
  | "QUERY_PARAMETER_INVALID"
  | "QUERY_PARAMETER_UNKNOWN"
  | "QUERY_PARAMETER_UNUSED"
  | "QUERY_PARAMETER_PLACE"
  | "QUERY_NAME_UNKNOWN"
  | "QUERY_NAME_AMBIGUOUS"
  | "QUERY_ROWS_NOT_SHOWN"
  | "QUERY_ROW_CHOICE"
  | "QUERY_JOIN_NOT_BY_OWNER"
  | "QUERY_JOIN_KIND"
  | "QUERY_SUBQUERY"
  | "QUERY_IDENTIFIER_USE"
  | "QUERY_FREE_TEXT_USE"
  | "QUERY_GROUP_BY_OWNER"
  | "QUERY_GROUP_KEY"
  | "QUERY_CONDITION"
  | "QUERY_CONDITION_TYPES"
  | "QUERY_MEASURE_CONDITION"
  | "QUERY_OFF_GRID"
  | "QUERY_COLUMN_CONTROL"
  | "QUERY_AGGREGATE_REFUSED"
  | "QUERY_MEASURE_SHAPE"
  | "QUERY_FALLIBLE";

/** Said by the compiler process, before the policy has a tree to judge. */
export type CompilerRefusalCode = "QUERY_SYNTAX" | "QUERY_BIND" | "QUERY_TOO_HARD";

/** Everything that may be said of a statement. Each has its texts below and its lesson in `refusal-guide/`. */
export type StatementRefusalCode = QueryRefusalCode | CompilerRefusalCode;

/** The fixed explanation of a code: the rule, and what is accepted instead. */
export interface RefusalText {
  readonly rule: string;
  readonly instead: string;
}

/** All refusal codes with their fixed texts: about the language only, never about data. */
export const refusalTexts: Readonly<Record<StatementRefusalCode, RefusalText>> = Object.freeze({
  QUERY_SYNTAX: {
    rule: "The statement must be SQL as DuckDB reads it.",
    instead: "Correct the statement at this place; what is wrong often stands just before it.",
  },
  QUERY_BIND: {
    rule: "Functions, operators and types must fit the columns of the agreement's schema.",
    instead: "Look the column's type up in the agreement's schema; compare and add values of one kind.",
  },
  QUERY_TOO_HARD: {
    rule: "A statement is compiled within fixed bounds of time and memory.",
    instead: "Write it in a simpler form, or try again when the platform is less busy.",
  },
  QUERY_TOO_LARGE: {
    rule: "A statement stays below fixed bounds of size, columns, branches and aggregates.",
    instead: "Split the work into several statements, or compute fewer figures at once.",
  },
  QUERY_TOO_DEEP: {
    rule: "Expressions and subqueries nest to a fixed depth only.",
    instead: "Flatten the parentheses, or name intermediate results with WITH.",
  },
  QUERY_UNREADABLE: {
    rule: "The tree of the statement must be one that the platform knows completely.",
    instead: "Write the statement in plain SELECT form.",
  },
  QUERY_NOT_ONE_SELECT: {
    rule: "A job is exactly one SELECT (or WITH … SELECT) statement.",
    instead: "Submit one SELECT per job; nothing else runs in the enclave.",
  },
  QUERY_NODE_UNKNOWN: {
    rule: "Only listed forms of expressions and tables are translated; everything else is refused.",
    instead: "Use columns, literals, CASE, comparisons, IN, LIKE, listed functions, joins and WITH.",
  },
  QUERY_CLAUSE_UNSUPPORTED: {
    rule: "This clause is not part of the governed language.",
    instead: "Write it with plain clauses: WITH, SELECT, FROM, JOIN, WHERE, GROUP BY, HAVING, QUALIFY, ORDER BY and LIMIT.",
  },
  QUERY_FUNCTION_NOT_LISTED: {
    rule: "A function is usable only if the catalogue lists it for this place.",
    instead: "Use a function of the catalogue, or apply it to released figures in an outer query.",
  },
  QUERY_LITERAL_UNSUPPORTED: {
    rule: "Literals are NULL, booleans, text, dates and numbers that the platform can carry exactly.",
    instead: "Write a shorter number, a text, or DATE 'yyyy-mm-dd'.",
  },
  QUERY_TYPE_UNSUPPORTED: {
    rule: "Casts go to plain scalar types only.",
    instead: "Cast to BOOLEAN, an integer type, DECIMAL, DOUBLE, VARCHAR, DATE or TIMESTAMP.",
  },
  QUERY_PARAMETER_INVALID: {
    rule: "A parameter has a plain name, a listed type and a value of exactly that type.",
    instead:
      'Send {"name": {"type": "DATE", "value": "2026-01-31"}}: BOOLEAN, INTEGER, BIGINT, DECIMAL(p,s) as text, DOUBLE, VARCHAR, DATE, TIMESTAMP.',
  },
  QUERY_PARAMETER_UNKNOWN: {
    rule: "Every parameter of a statement has a value beside it, under its name.",
    instead: "Send the parameter with type and value, or write the value itself.",
  },
  QUERY_PARAMETER_UNUSED: {
    rule: "Every parameter that is sent stands in the statement.",
    instead: "Leave it out, or write :name where its value belongs.",
  },
  QUERY_PARAMETER_PLACE: {
    rule: "A parameter stands for a value, never for a name or for the place of a column.",
    instead: "Write tables, columns and aliases themselves, in GROUP BY and ORDER BY as well.",
  },
  QUERY_NAME_UNKNOWN: {
    rule: "Tables and columns are those of the agreement; anything else does not exist here.",
    instead: "Look the names up in the agreement's schema: GET /v1/agreements/{id}.",
  },
  QUERY_NAME_AMBIGUOUS: {
    rule: "A name must mean exactly one column.",
    instead: "Write the table's alias before the column.",
  },
  QUERY_ROWS_NOT_SHOWN: {
    rule: "Rows about people or enterprises are never shown, only figures over enough of them.",
    instead: "Aggregate: count(*), sum(measure), avg(measure) with GROUP BY.",
  },
  QUERY_ROW_CHOICE: {
    rule: "LIMIT, OFFSET, DISTINCT ON, sampling and order-dependent choice of protected rows are refused.",
    instead: "Filter with WHERE, or aggregate first and then order and limit the figures.",
  },
  QUERY_JOIN_NOT_BY_OWNER: {
    rule: "Protected tables join only on equality of owner keys of the same kind.",
    instead: "Join USING the owner key, or aggregate both sides first and join the figures.",
  },
  QUERY_JOIN_KIND: {
    rule: "This kind of join is not available here.",
    instead: "Use an inner join on the owner key, or aggregate both sides first and join the figures.",
  },
  QUERY_SUBQUERY: {
    rule: "A subquery over protected rows speaks of the owner of the row around it, or releases its figures by itself.",
    instead: "Equate the owner keys at the top of its WHERE, join per-owner totals, or aggregate in a WITH query first.",
  },
  QUERY_IDENTIFIER_USE: {
    rule: "Identifiers never meet a literal, pattern, order, slice or function.",
    instead: "Count them with count(DISTINCT key), test them with IS NULL, or join on the owner key.",
  },
  QUERY_FREE_TEXT_USE: {
    rule: "Free text cannot be used in statements.",
    instead: "Use the classified columns of the table.",
  },
  QUERY_GROUP_BY_OWNER: {
    rule: "Groups of single owners are not released.",
    instead: "Group by attributes that many owners share.",
  },
  QUERY_GROUP_KEY: {
    rule: "Groups are formed by quasi-identifiers, attributes and coarsened measures.",
    instead: "Group by columns, date parts, CASE bands, left(), or floor(measure / width) * width with a width on the grid.",
  },
  QUERY_CONDITION: {
    rule: "Conditions compare columns, or listed functions of them, with constants or each other.",
    instead: "Use =, <>, <, >, BETWEEN, IN, LIKE with a constant pattern, IS NULL, AND, OR and NOT on columns.",
  },
  QUERY_CONDITION_TYPES: {
    rule: "Both sides of a comparison must be of one kind, so that no protected value is ever cast on the way.",
    instead: "Compare text with text, numbers with numbers, and dates with dates.",
  },
  QUERY_MEASURE_CONDITION: {
    rule: "A measure is compared only as the plain column, only in ranges and IS NULL: an equality or a formula is a probe.",
    instead: "Use measure >= low AND measure < high with bounds on the declared grid.",
  },
  QUERY_OFF_GRID: {
    rule: "Constants that meet a measure, or a column asked on a grid, lie on that grid; without one none may meet a measure.",
    instead: "Round the constant to the grid in the schema.",
  },
  QUERY_COLUMN_CONTROL: {
    rule: "Conditions and groups ask no more of a column than the agreement's schema lets them.",
    instead: "Look up in the schema what may be asked of the column: its conditions, grid, step or prefixLength.",
  },
  QUERY_AGGREGATE_REFUSED: {
    rule: "This aggregate can carry single values out, or is not available over protected rows.",
    instead:
      "Use count, count(DISTINCT …), sum, avg, quantile_cont, stddev, var_samp, corr, covar_samp and regr_slope; any aggregate is free over released figures.",
  },
  QUERY_MEASURE_SHAPE: {
    rule: "Inside an aggregate stands 1, a stored measure, or a product of two; constants only as factors and offsets outside.",
    instead: "Sum plain measures (with FILTER or CASE for conditions) and compute with the totals.",
  },
  QUERY_FALLIBLE: {
    rule: "Nothing may fail, overflow or convert on protected values: whether it fails would tell about them.",
    instead: "Drop the cast or function, or apply it to the released figures.",
  },
});
