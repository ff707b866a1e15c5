/** A form of statement that grows with `n`: what a bound of every reader, parser and rule must hold. */
export interface Explosion {
  readonly name: string;
  /** Sizes to try: below the bounds, about them and beyond. */
  readonly sizes: readonly number[];
  readonly make: (n: number) => string;
}

const times = (n: number, one: (at: number) => string, between = ", "): string =>
  Array.from({ length: n }, (_, at) => one(at)).join(between);
const nest = (n: number, open: string, inner: string, close: string): string => open.repeat(n) + inner + close.repeat(n);

/** n queries, each of them naming the one before twice. */
function doubled(n: number, first: string, next: (before: string) => string, last: (name: string) => string): string {
  return `WITH c0 AS (${first}), ${times(n, (at) => `c${at + 1} AS (${next(`c${at}`)})`)} ${last(`c${n}`)}`;
}

const few = [5, 25, 60] as const;
const many = [10, 100, 1000, 5000] as const;
const deep = [10, 60, 120, 127, 500, 20_000] as const;
const grouped = "SELECT district, count(*) AS n FROM person GROUP BY district";

export const explosions: readonly Explosion[] = [
  // Depth.
  { name: "parentheses", sizes: deep, make: (n) => `SELECT ${nest(n, "(", "1", ")")}` },
  {
    name: "parentheses in a condition",
    sizes: deep,
    make: (n) => `SELECT count(*) FROM person WHERE ${nest(n, "(", "level = 1", ")")}`,
  },
  { name: "functions in functions", sizes: deep, make: (n) => `SELECT ${nest(n, "abs(", "1", ")")}` },
  { name: "lists in lists", sizes: deep, make: (n) => `SELECT ${nest(n, "[", "1", "]")}` },
  { name: "structs in structs", sizes: deep, make: (n) => `SELECT ${nest(n, "{'a': ", "1", "}")}` },
  { name: "types in types", sizes: deep, make: (n) => `SELECT NULL::${nest(n, "STRUCT(a ", "INT", ")")}` },
  { name: "lists of lists as a type", sizes: many, make: (n) => `SELECT NULL::INT${"[]".repeat(n)}` },
  { name: "derived tables in derived tables", sizes: deep, make: (n) => `${nest(n, "SELECT * FROM (", "SELECT 1 AS a", ")")}` },
  {
    name: "protected rows in derived tables",
    sizes: deep,
    make: (n) => `SELECT count(*) FROM ${nest(n, "(SELECT * FROM ", "person", ")")}`,
  },
  { name: "scalar subqueries in subqueries", sizes: deep, make: (n) => `SELECT ${nest(n, "(SELECT ", "1", ")")}` },
  {
    name: "EXISTS in EXISTS",
    sizes: deep,
    make: (n) =>
      `SELECT count(*) FROM person t WHERE ${nest(n, "EXISTS (SELECT 1 FROM visit v WHERE v.id = t.id AND ", "TRUE", ")")}`,
  },
  {
    name: "CASE in CASE",
    sizes: [...deep, 800],
    make: (n) => `SELECT sum(${nest(n, "CASE WHEN level = 1 THEN ", "income", " ELSE 0 END")}) FROM person`,
  },
  {
    name: "CASE in the condition of CASE",
    sizes: deep,
    make: (n) => `SELECT ${nest(n, "CASE WHEN ", "TRUE", " THEN TRUE END")}`,
  },
  {
    name: "lambdas in lambdas",
    sizes: [5, 20, 60, 120],
    make: (n) => `SELECT ${nest(n, "list_transform([1], lambda x: ", "x", ")")}`,
  },
  { name: "comments in comments", sizes: many, make: (n) => `SELECT 1 ${nest(n, "/* ", "", " */")}` },
  { name: "open comments", sizes: many, make: (n) => `SELECT 1 ${"/* ".repeat(n)}` },
  { name: "joins in brackets", sizes: deep, make: (n) => `SELECT 1 FROM ${nest(n, "(", "region", " CROSS JOIN region)")}` },
  { name: "unions in brackets", sizes: deep, make: (n) => nest(n, "(SELECT 1 UNION ALL ", "SELECT 1", ")") },
  // Prefixes and chains without a bracket.
  { name: "NOT NOT NOT", sizes: many, make: (n) => `SELECT ${"NOT ".repeat(n)}TRUE` },
  { name: "NOT of a condition", sizes: many, make: (n) => `SELECT count(*) FROM person WHERE ${"NOT ".repeat(n)}level = 1` },
  { name: "minus minus", sizes: many, make: (n) => `SELECT ${"- ".repeat(n)}1` },
  { name: "sums", sizes: many, make: (n) => `SELECT ${times(n, () => "1", " + ")}` },
  { name: "concatenations", sizes: many, make: (n) => `SELECT ${times(n, () => "'a'", " || ")}` },
  { name: "powers", sizes: many, make: (n) => `SELECT ${times(n, () => "2", " ^ ")}` },
  { name: "AND", sizes: many, make: (n) => `SELECT count(*) FROM person WHERE ${times(n, (at) => `level <> ${at}`, " AND ")}` },
  { name: "OR", sizes: many, make: (n) => `SELECT count(*) FROM person WHERE ${times(n, (at) => `level = ${at}`, " OR ")}` },
  {
    name: "AND of OR",
    sizes: [4, 16, 64, 256, 1000],
    make: (n) => `SELECT count(*) FROM person WHERE ${times(n, (at) => `(level = ${at} OR district = '${at}')`, " AND ")}`,
  },
  { name: "casts", sizes: many, make: (n) => `SELECT 1${"::INT".repeat(n)}` },
  { name: "subscripts", sizes: many, make: (n) => `SELECT [1]${"[1]".repeat(n)}` },
  { name: "fields", sizes: many, make: (n) => `SELECT a${".a".repeat(n)} FROM region a` },
  { name: "methods", sizes: many, make: (n) => `SELECT 'a'${".upper()".repeat(n)}` },
  { name: "arrows", sizes: many, make: (n) => `SELECT '{}'${"->'a'".repeat(n)}` },
  { name: "collations", sizes: many, make: (n) => `SELECT 'a'${" COLLATE NOCASE".repeat(n)}` },
  { name: "IS NULL IS NULL", sizes: many, make: (n) => `SELECT 1${" IS NULL".repeat(n)}` },
  { name: "comparisons of comparisons", sizes: many, make: (n) => `SELECT 1${" = 1".repeat(n)}` },
  { name: "UNION ALL", sizes: many, make: (n) => times(n, () => "SELECT 1", " UNION ALL ") },
  { name: "UNION ALL of releases", sizes: [10, 40, 100, 500], make: (n) => times(n, () => grouped, " UNION ALL ") },
  { name: "INTERSECT", sizes: many, make: (n) => times(n, () => "SELECT 1", " INTERSECT ") },
  // Width.
  { name: "columns", sizes: many, make: (n) => `SELECT ${times(n, (at) => `${at} AS c${at}`)}` },
  {
    name: "columns of a release",
    sizes: many,
    make: (n) => `SELECT ${times(n, (at) => `count(*) FILTER (WHERE level = ${at})`)} FROM person`,
  },
  { name: "sums of one column", sizes: many, make: (n) => `SELECT ${times(n, (at) => `sum(income + ${at})`)} FROM person` },
  {
    name: "sum of CASE branches",
    sizes: many,
    make: (n) => `SELECT sum(CASE ${times(n, (at) => `WHEN level = ${at} THEN income`, " ")} END) FROM person`,
  },
  { name: "product of sums", sizes: few, make: (n) => `SELECT sum(${times(n, (at) => `(income + ${at})`, " * ")}) FROM person` },
  {
    name: "square of a sum of cases",
    sizes: few,
    make: (n) =>
      `SELECT sum((${times(n, (at) => `CASE WHEN level = ${at} THEN income END`, " + ")}) * (${times(n, () => "tax", " + ")})) FROM person`,
  },
  {
    name: "elements of IN",
    sizes: [10, 1000, 9000],
    make: (n) => `SELECT count(*) FROM person WHERE level IN (${times(n, String)})`,
  },
  { name: "rows of VALUES", sizes: many, make: (n) => `SELECT * FROM (VALUES ${times(n, (at) => `(${at})`)}) AS t(a)` },
  { name: "list elements", sizes: [10, 1000, 20_000], make: (n) => `SELECT [${times(n, String)}]` },
  { name: "arguments", sizes: many, make: (n) => `SELECT coalesce(${times(n, () => "NULL")})` },
  { name: "group keys", sizes: many, make: (n) => `SELECT count(*) FROM person GROUP BY ${times(n, (at) => `level = ${at}`)}` },
  { name: "order keys", sizes: many, make: (n) => `SELECT 1 ORDER BY ${times(n, String)}` },
  {
    name: "windows",
    sizes: [10, 100, 700],
    make: (n) => `SELECT ${times(n, () => "rank() OVER (PARTITION BY w1 ORDER BY w0)")} FROM wide`,
  },
  {
    name: "windows within one owner",
    sizes: [10, 100, 700],
    make: (n) =>
      `SELECT count(*) FROM (SELECT ${times(n, (at) => `row_number() OVER (PARTITION BY id ORDER BY cost) AS r${at}`)} FROM visit) t WHERE ${times(n, (at) => `r${at} = 1`, " AND ")}`,
  },
  {
    name: "tables side by side",
    sizes: [10, 31, 100, 1000],
    make: (n) => `SELECT count(*) FROM ${times(n, (at) => `region r${at}`)}`,
  },
  {
    name: "natural joins",
    sizes: [10, 31, 100, 1000],
    make: (n) => `SELECT count(*) FROM region r ${times(n, (at) => `NATURAL JOIN region r${at}`, " ")}`,
  },
  {
    name: "joins on the owner key",
    sizes: [5, 31, 100, 800],
    make: (n) => `SELECT count(*) FROM person p ${times(n, (at) => `JOIN visit v${at} USING (id)`, " ")}`,
  },
  { name: "stars over wide tables", sizes: [2, 10, 100, 1000], make: (n) => `SELECT * FROM ${times(n, (at) => `wide t${at}`)}` },
  { name: "star after star", sizes: [2, 10, 100, 1000], make: (n) => `SELECT ${times(n, () => "*")} FROM wide` },
  {
    name: "column patterns",
    sizes: [2, 10, 100, 1000],
    make: (n) => `SELECT ${times(n, () => "COLUMNS('.*')", " + ")} FROM wide`,
  },
  {
    name: "sets of a CUBE",
    sizes: [3, 6, 10, 12, 16, 40],
    make: (n) => `SELECT count(*) FROM wide GROUP BY CUBE (${times(n, (at) => `w${at}`)})`,
  },
  {
    name: "sets of a CUBE of protected rows",
    sizes: [3, 6, 10, 12, 16, 40],
    make: (n) => `SELECT count(*) FROM person GROUP BY CUBE (${times(n, (at) => `level = ${at}`)})`,
  },
  {
    name: "product of grouping sets",
    sizes: [2, 4, 8, 16, 40],
    make: (n) => `SELECT count(*) FROM wide GROUP BY ${times(n, () => "GROUPING SETS ((w0), (w1), (w2), ())")}`,
  },
  {
    name: "product of grouping sets of protected rows",
    sizes: [2, 4, 8, 16, 40],
    make: (n) => `SELECT count(*) FROM person GROUP BY ${times(n, () => "GROUPING SETS ((level), (district), ())")}`,
  },
  { name: "ROLLUP", sizes: many, make: (n) => `SELECT count(*) FROM wide GROUP BY ROLLUP (${times(n, (at) => `w${at % 150}`)})` },
  {
    name: "pivot values",
    sizes: many,
    make: (n) => `PIVOT region ON district IN (${times(n, (at) => `'${at}'`)}) USING sum(area)`,
  },
  {
    name: "pivot columns",
    sizes: [2, 6, 12],
    make: (n) => `PIVOT wide ON ${times(n, (at) => `w${at} IN (1, 2, 3, 4)`)} USING count(*)`,
  },
  {
    name: "unused WITH queries",
    sizes: [10, 200, 1500],
    make: (n) => `WITH ${times(n, (at) => `c${at} AS (SELECT ${at})`)} SELECT 1`,
  },
  {
    name: "chain of WITH queries",
    sizes: [10, 100, 1000],
    make: (n) =>
      `WITH c0 AS (SELECT 1 AS a), ${times(n, (at) => `c${at + 1} AS (SELECT a + 1 AS a FROM c${at})`)} SELECT * FROM c${n}`,
  },
  {
    name: "chain of WITH queries over protected rows",
    sizes: [10, 100, 1000],
    make: (n) =>
      `WITH c0 AS (SELECT * FROM person), ${times(n, (at) => `c${at + 1} AS (SELECT * FROM c${at} WHERE level <> ${at})`)} SELECT count(*) FROM c${n}`,
  },
  // Doubling.
  {
    name: "free WITH queries used twice",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT 1 AS a",
        (c) => `SELECT x.a FROM ${c} x, ${c} y`,
        (c) => `SELECT count(*) FROM ${c}`,
      ),
  },
  {
    name: "protected WITH queries joined to themselves",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT id FROM person",
        (c) => `SELECT x.id FROM ${c} x JOIN ${c} y USING (id)`,
        (c) => `SELECT count(*) FROM ${c}`,
      ),
  },
  {
    name: "protected WITH queries tied to themselves",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT id FROM person",
        (c) => `SELECT x.id FROM ${c} x WHERE EXISTS (SELECT 1 FROM ${c} y WHERE x.id = y.id)`,
        (c) => `SELECT count(*) FROM ${c}`,
      ),
  },
  {
    name: "per-owner totals of doubled rows",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT id, cost AS s FROM visit",
        (c) => `SELECT x.id, sum(x.s) AS s FROM ${c} x JOIN ${c} y USING (id) GROUP BY x.id`,
        (c) => `SELECT sum(s) FROM ${c}`,
      ),
  },
  {
    name: "releases joined to themselves",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        grouped,
        (c) => `SELECT x.district, x.n FROM ${c} x JOIN ${c} y USING (district)`,
        (c) => `SELECT * FROM ${c}`,
      ),
  },
  {
    name: "releases beside themselves as values",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT count(*) AS n FROM person",
        (c) => `SELECT (SELECT n FROM ${c}) + (SELECT n FROM ${c}) AS n`,
        (c) => `SELECT n FROM ${c}`,
      ),
  },
  {
    name: "unions of doubled rows",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT 1 AS a",
        (c) => `SELECT a FROM ${c} UNION ALL SELECT a FROM ${c}`,
        (c) => `SELECT count(*) FROM ${c}`,
      ),
  },
  {
    name: "unions of doubled protected rows",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT id FROM person",
        (c) => `SELECT id FROM ${c} UNION ALL SELECT id FROM ${c}`,
        (c) => `SELECT count(*) FROM ${c}`,
      ),
  },
  {
    name: "stars doubling columns",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT 1 AS a",
        (c) => `SELECT x.*, y.* FROM ${c} x, ${c} y`,
        (c) => `SELECT * FROM ${c}`,
      ),
  },
  { name: "aliases of aliases", sizes: few, make: (n) => `SELECT 1 AS a0, ${times(n, (at) => `a${at} + a${at} AS a${at + 1}`)}` },
  {
    name: "aliases of aliases over protected rows",
    sizes: few,
    make: (n) => `SELECT count(*) AS a0, ${times(n, (at) => `a${at} + a${at} AS a${at + 1}`)} FROM person`,
  },
  {
    name: "doubled columns in WITH queries",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT income AS a, id FROM person",
        (c) => `SELECT a + a AS a, id FROM ${c}`,
        (c) => `SELECT sum(a) FROM ${c}`,
      ),
  },
  {
    name: "doubled conditions in WITH queries",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT level = 1 AS a, id FROM person",
        (c) => `SELECT (a AND NOT a) OR a AS a, id FROM ${c}`,
        (c) => `SELECT count(*) FROM ${c} WHERE a`,
      ),
  },
  {
    name: "doubled CASE in WITH queries",
    sizes: few,
    make: (n) =>
      doubled(
        n,
        "SELECT income AS a, level, id FROM person",
        (c) => `SELECT CASE WHEN level = 1 THEN a ELSE a END AS a, level, id FROM ${c}`,
        (c) => `SELECT sum(a) FROM ${c}`,
      ),
  },
  {
    name: "doubled texts",
    sizes: [5, 25, 60],
    make: (n) =>
      doubled(
        n,
        "SELECT 'aaaaaaaa' AS a",
        (c) => `SELECT a || a AS a FROM ${c}`,
        (c) => `SELECT a FROM ${c}`,
      ),
  },
  {
    name: "doubled lists",
    sizes: [5, 25, 60],
    make: (n) =>
      doubled(
        n,
        "SELECT 1 AS a",
        (c) => `SELECT [a, a] AS a FROM ${c}`,
        (c) => `SELECT a FROM ${c}`,
      ),
  },
  {
    name: "doubled structs",
    sizes: [5, 12, 25, 60],
    make: (n) =>
      doubled(
        n,
        "SELECT 1 AS a",
        (c) => `SELECT {'x': a, 'y': a} AS a FROM ${c}`,
        (c) => `SELECT a FROM ${c}`,
      ),
  },
  {
    name: "recursions in recursions",
    sizes: [2, 6, 20, 60],
    make: (n) =>
      `${nest(n, "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < (", "SELECT 5", ")) SELECT max(n) FROM r")}`,
  },
  // What the engine would compute while it binds.
  {
    name: "text repeated while binding",
    sizes: [1000, 1_000_000, 1_000_000_000],
    make: (n) => `SELECT * FROM range(length(repeat('x', ${n})))`,
  },
  {
    name: "list made while binding",
    sizes: [1000, 1_000_000, 1_000_000_000],
    make: (n) => `SELECT * FROM range(len(range(${n})))`,
  },
  { name: "query of a limit", sizes: [1000, 1_000_000_000], make: (n) => `SELECT 1 LIMIT (SELECT count(*) FROM range(${n}))` },
  { name: "pattern while binding", sizes: [10, 1000, 5000], make: (n) => `SELECT COLUMNS('${"(a*)*".repeat(n)}b') FROM wide` },
  {
    name: "counted repetition in a pattern",
    sizes: [10, 1000],
    make: (n) => `SELECT COLUMNS('${nest(8, "(", "a", `{${n}})`)}') FROM wide`,
  },
  {
    name: "padded text while binding",
    sizes: [1000, 2_000_000_000],
    make: (n) => `SELECT * FROM range(length(lpad('x', ${n}, 'y')))`,
  },
  // Texts, names, numbers.
  { name: "long names", sizes: [63, 1000, 60_000], make: (n) => `SELECT 1 AS ${"x".repeat(n)}` },
  { name: "long unknown names", sizes: [63, 1000, 60_000], make: (n) => `SELECT ${"x".repeat(n)} FROM person` },
  { name: "long texts", sizes: [1000, 60_000], make: (n) => `SELECT '${"x".repeat(n)}'` },
  { name: "long Chinese texts", sizes: [1000, 20_000], make: (n) => `SELECT '${"中".repeat(n)}'` },
  { name: "quotes in texts", sizes: [1000, 30_000], make: (n) => `SELECT '${"''".repeat(n)}'` },
  { name: "quotes in names", sizes: [1000, 30_000], make: (n) => `SELECT 1 AS "${'""'.repeat(n)}"` },
  { name: "long numbers", sizes: [38, 40, 400, 60_000], make: (n) => `SELECT ${"9".repeat(n)}` },
  { name: "long fractions", sizes: [38, 40, 400, 60_000], make: (n) => `SELECT 0.${"9".repeat(n)}` },
  { name: "exponents", sizes: [308, 309, 100_000], make: (n) => `SELECT 1e${n}, 1e-${n}` },
  { name: "underscored numbers", sizes: [10, 10_000], make: (n) => `SELECT ${times(n, () => "1", "_")}` },
  { name: "decimals multiplied", sizes: few, make: (n) => `SELECT ${times(n, () => "1.0000000001", " * ")}` },
  { name: "intervals", sizes: [10, 1000], make: (n) => `SELECT ${times(n, () => "INTERVAL 9999999 YEAR", " + ")}` },
  { name: "nothing but brackets", sizes: [100, 60_000], make: (n) => "([{".repeat(n / 3) },
  { name: "nothing but semicolons", sizes: [100, 60_000], make: (n) => ";".repeat(n) },
  { name: "statements", sizes: [2, 5000], make: (n) => times(n, () => "SELECT 1", ";") },
  { name: "too long a text", sizes: [70_000, 1_000_000], make: (n) => `SELECT 1 -- ${"x".repeat(n)}` },
  {
    name: "control characters",
    sizes: [1],
    make: () => `SELECT '${String.fromCharCode(...Array.from({ length: 31 }, (_, at) => at + 1))}'`,
  },
  { name: "right to left", sizes: [1, 1000], make: (n) => `SELECT 1 AS "${"\u202e\u2066".repeat(n)}"` },
  { name: "combining marks", sizes: [1, 10_000], make: (n) => `SELECT 1 AS "e${"\u0301".repeat(n)}"` },
];
