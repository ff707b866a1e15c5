import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { compileQuery, isGovernedPlan, platformFloor } from "../../../src/policy/query/index.ts";
import { shadowDdl } from "../../../src/policy/query/shadow-ddl.ts";
import { astOf, bind } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

/** Statements that between them hold every form of node the reader knows. */
const statements: readonly string[] = [
  "WITH a(d, n) AS (SELECT district, count(*) FILTER (WHERE gender = 'M') FROM person p JOIN visit v USING (id_card) WHERE income BETWEEN 0 AND 1.5e5 AND cost > 500.0 AND hospital IN ('a', 'b') AND NOT (icd10 LIKE 'I%' OR icd10 IS NULL) GROUP BY 1) SELECT DISTINCT d, n / 2, sum(n) OVER (PARTITION BY d ORDER BY n DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), lag(n, 1, 0) OVER (ORDER BY d) FROM a WHERE n > 3 QUALIFY row_number() OVER () > 0 ORDER BY 1, n ASC NULLS FIRST LIMIT 5 OFFSET 1",
  "SELECT year(birth_date) AS y, avg(CASE WHEN gender = 'M' THEN income ELSE NULL END) AS m, sum(CAST(income AS DOUBLE) * -2) AS s, count(DISTINCT id_card) FROM main.person AS q WHERE birth_date > DATE '1990-01-01' - INTERVAL 3 YEAR GROUP BY ALL HAVING count(*) > 5 ORDER BY ALL",
  "SELECT r.*, x.y FROM region r FULL JOIN (VALUES (TRUE, 'a', NULL)) x(y, z, w) ON r.district = x.z CROSS JOIN region b",
  "SELECT list_filter([1, 2.50], x -> x > 1)[1], list_reduce([1], lambda a, b: a + b), {'a': 1}.a, TRY(CAST('x' AS STRUCT(a INTEGER[]))), 'a' COLLATE NOCASE, 12345678901234567890",
  "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT DISTINCT ON (n) n FROM a GROUP BY ROLLUP (n) ORDER BY ALL LIMIT 10%",
  "(SELECT first_value(area IGNORE NULLS) OVER (ORDER BY area ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM region NATURAL JOIN region b) UNION ALL BY NAME SELECT range AS area FROM range(3) WITH ORDINALITY",
  "SELECT (SELECT max(area) FROM region s WHERE s.north = r.north) FROM region r WHERE EXISTS (SELECT 1) AND area > ALL (SELECT 2) AND (area, north) IN (SELECT 1, TRUE)",
  "FROM region PIVOT (sum(area) AS s, max(area) FOR north IN (true AS t, NULL) GROUP BY district)",
  "PIVOT region ON district IN (DATE '2024-01-01') USING max(round(area))",
  "FROM region UNPIVOT INCLUDE NULLS (v FOR k IN (area, COLUMNS(* EXCLUDE (north, district)))) AS p(a, b, c)",
  "SELECT * EXCLUDE (r.north) REPLACE (1 AS district) RENAME (area AS d) FROM region r",
  "SELECT COLUMNS('a') AS 'x', COLUMNS(c -> c = 'area'), max(COLUMNS(['area'])) FROM region GROUP BY ALL",
  "SELECT coalesce(*COLUMNS('ar')), #1 FROM region WHERE COLUMNS('north') ORDER BY COLUMNS('ar')",
  "SELECT [1][1:-:2], '{}'::JSON -> 'a', 'x'::ENUM('x'), NULL::UNION(a INTEGER)",
  "WITH RECURSIVE t(a) USING KEY (a) AS (WITH u AS (SELECT 1 AS x) SELECT x FROM u UNION ALL SELECT r.a FROM recurring.t r) FROM t",
];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const replacements: readonly Json[] = [null, true, false, 7, -1.5, "", "X", "random", "INTERVAL", [], [null], [{}], {}];

/** Every tree that differs from the given one in one place. */
function* mutations(value: Json): Generator<Json> {
  for (const replacement of replacements) yield replacement;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [i, child] of value.entries()) for (const changed of mutations(child)) yield value.with(i, changed);
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, unforeseen: 1 };
    for (const [key, child] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      for (const changed of mutations(child)) yield { ...value, [key]: changed };
    }
  }
}

t.test("whatever a tree is changed into, the answer is a draft or a coded refusal, never an exception", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  await connection.run(shadowDdl(sampleSchema));
  for (const text of statements) {
    const boundColumns = await bind(connection, text);
    const tree: Json = JSON.parse(await astOf(connection, text));
    const answers = new Map<string, number>();
    for (const changed of mutations(tree)) {
      const answer = compileQuery({
        text,
        ast: JSON.stringify(changed),
        boundColumns,
        schema: sampleSchema,
        rules: platformFloor,
      });
      const kind = answer.kind === "refused" ? answer.code : answer.kind;
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
      if (isGovernedPlan(answer)) t.fail("a plan that nobody sealed");
    }
    t.ok((answers.get("QUERY_UNREADABLE") ?? 0) > 50 && (answers.get("draft") ?? 0) > 0, JSON.stringify([...answers]));
  }
});

t.test("a constant that the engine gives no place is pointed at by its comparison", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const text = "SELECT count(*) FROM person WHERE income > 12345";
  const ast = (await astOf(connection, text)).replace(/("class":"CONSTANT".*?"query_location":)\d+/, `$1${2n ** 64n - 1n}`);
  const answer = compileQuery({ text, ast, boundColumns: [], schema: sampleSchema, rules: platformFloor });
  t.match(answer, { kind: "refused", code: "QUERY_OFF_GRID", at: { line: 1, column: text.indexOf("income") + 1 } });
});

t.test("a tree whose columns are not the bound ones is refused", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const ast = await astOf(connection, "SELECT count(*) FROM person");
  const request = { text: "", ast, boundColumns: [], schema: sampleSchema, rules: platformFloor };
  t.match(compileQuery(request), { kind: "refused", code: "QUERY_UNREADABLE" });
});

t.test("a bug is an exception, not a refusal that would hide it", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const ast = await astOf(connection, "SELECT count(*) FROM person");
  const schema = {
    get tables(): never {
      throw new RangeError("broken machine");
    },
  };
  t.throws(() => compileQuery({ text: "", ast, boundColumns: [], schema, rules: platformFloor }), RangeError);
});
