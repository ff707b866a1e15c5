import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { compileQuery, platformFloor } from "../../../src/policy/query/index.ts";
import { astOf } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

/** Statements that the engine's binder would stop; the compiler must not rely on it. */
const statements: readonly (readonly [string, string])[] = [
  ["SELECT income, count(*) FROM person", "QUERY_ROWS_NOT_SHOWN"],
  ["SELECT gender, sum(income) FROM person GROUP BY district", "QUERY_ROWS_NOT_SHOWN"],
  ["SELECT count(*), sum(income) OVER () FROM person", "QUERY_ROWS_NOT_SHOWN"],
  ["SELECT count(*) FROM secret", "QUERY_NAME_UNKNOWN"],
  ["SELECT * FROM __r1", "QUERY_NAME_UNKNOWN"],
  ["SELECT count(*) FROM other.person", "QUERY_NAME_UNKNOWN"],
  ["SELECT count(*) FROM person JOIN visit USING (nothing)", "QUERY_NAME_UNKNOWN"],
  ["SELECT count(__rk_id_card) FROM person", "QUERY_NAME_UNKNOWN"],
  ["SELECT x.* FROM region r", "QUERY_NAME_UNKNOWN"],
  ["SELECT a.b.c.area FROM region", "QUERY_NAME_UNKNOWN"],
  ["SELECT other.region.area FROM region", "QUERY_NAME_UNKNOWN"],
  ["SELECT area FROM region ORDER BY 2", "QUERY_NAME_UNKNOWN"],
  ["SELECT sum() FROM person", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT sum(income, income) FROM person", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT upper(DISTINCT district) FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT upper(district) FILTER (WHERE north) FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT row_number() FROM region", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT nothing(area) OVER () FROM region", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT schema1.upper(district) FROM region", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT sum(sum(income)) FROM person", "QUERY_MEASURE_SHAPE"],
  ["SELECT sum(row_number() OVER ()) FROM person", "QUERY_MEASURE_SHAPE"],
  ["SELECT sum('x') FROM person", "QUERY_MEASURE_SHAPE"],
  ["SELECT sum(TRUE) FROM person", "QUERY_FALLIBLE"],
  ["SELECT sum(*) FROM person", "QUERY_FUNCTION_NOT_LISTED"],
  ["SELECT count(*) FROM person WHERE sum(income) > 0", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE 'x'", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE DATE '2020-01-01'", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE income", "QUERY_MEASURE_CONDITION"],
  ["SELECT count(*) FROM person WHERE district > (birth_date)", "QUERY_CONDITION_TYPES"],
  ["SELECT count(*) FROM person WHERE floor(district / 3) = 1", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE coalesce(district, birth_date) = 'x'", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE upper(district) // 10 = 1", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE year(district) = 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE date_part(district, birth_date) = 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE date_trunc(district, birth_date) = 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE date_diff(district, birth_date, birth_date) > 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE date_diff('day', district, birth_date) > 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM employment WHERE grades = 3", "QUERY_CONDITION_TYPES"],
  ["SELECT count(*) FROM person WHERE + birth_date > 3", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE birth_date > - DATE '2000-01-01'", "QUERY_CONDITION"],
  ["SELECT count(*) FROM person WHERE birth_date > (DATE '2000-01-01' + DATE '2000-01-01')", "QUERY_CONDITION"],
  ["SELECT count(*) FROM employment WHERE code > 3", "QUERY_MEASURE_CONDITION"],
  ["SELECT count(*) FROM employment WHERE grades = grades", "QUERY_UNREADABLE"],
  ["SELECT count(*) FROM (SELECT id_card, cost, count(*) FROM visit GROUP BY id_card)", "QUERY_ROWS_NOT_SHOWN"],
  ["SELECT count(*) FROM (SELECT id_card, ntile() OVER (PARTITION BY id_card) FROM visit)", "QUERY_AGGREGATE_REFUSED"],
  ["SELECT #9 FROM region", "QUERY_NAME_UNKNOWN"],
  ["SELECT count(*) FROM region GROUP BY COLUMNS('a')", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT COLUMNS('(') FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT COLUMNS('(a)') AS '\\2' FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT COLUMNS(c -> d LIKE 'a') FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT COLUMNS(c -> length(c)) FROM region", "QUERY_CLAUSE_UNSUPPORTED"],
  ["SELECT * FROM recurring.region", "QUERY_NAME_UNKNOWN"],
  ["WITH RECURSIVE t(n) USING KEY (m) AS (SELECT 1 UNION SELECT n FROM t) SELECT * FROM t", "QUERY_NAME_UNKNOWN"],
  ["PIVOT region ON north IN (true) USING sum(area) GROUP BY nothing", "QUERY_NAME_UNKNOWN"],
  ["PIVOT region ON north IN (true) USING sum(area) + area", "QUERY_UNREADABLE"],
  ["FROM region UNPIVOT ((a, b) FOR n IN (area))", "QUERY_UNREADABLE"],
  ["SELECT * FROM region WHERE area > $1", "QUERY_CLAUSE_UNSUPPORTED"],
];

t.test("the compiler stands by itself: what the binder would have stopped is refused all the same", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  for (const [text, code] of statements) {
    const answer = compileQuery({
      text,
      ast: await astOf(connection, text),
      boundColumns: [],
      schema: sampleSchema,
      rules: platformFloor,
    });
    t.equal(answer.kind === "refused" ? answer.code : answer.kind, code, text);
  }
});
