import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { show } from "./duckdb-harness.ts";
import { sampleSchema } from "./sample-schema.ts";

/** Statements over public rows and constants: the translation must lose nothing. Each has a fixed order of rows. */
const statements: readonly string[] = [
  "SELECT * FROM region ORDER BY district",
  "FROM region ORDER BY ALL",
  "SELECT r.* FROM region AS r(d, n) WHERE d <> 'B' ORDER BY d DESC NULLS LAST",
  'SELECT district AS "地区", area * 2 - 1 AS x, -area, +area, round(area / 3, 2) FROM main.region ORDER BY 1 ASC NULLS FIRST LIMIT 2 OFFSET 1',
  "SELECT north, count(*) AS n, count(area), sum(area), avg(area), min(area), max(area), count(DISTINCT north) FROM region GROUP BY north HAVING count(*) >= 1 ORDER BY north",
  "SELECT count(*) FILTER (WHERE north) AS a, count() AS b, string_agg(district, ',' ORDER BY district DESC) AS c FROM region ORDER BY 1",
  "SELECT north AS k, sum(area) FROM region GROUP BY ALL ORDER BY ALL",
  "SELECT area > 2 AS big, count(*) FROM region GROUP BY big ORDER BY big",
  "SELECT upper(district) AS u, count(*) FROM region GROUP BY 1 ORDER BY u",
  "SELECT DISTINCT north FROM region ORDER BY north",
  "SELECT CASE WHEN north THEN 'n' WHEN area > 2 THEN 'big' ELSE NULL END AS c, district FROM region ORDER BY district",
  "SELECT CASE area WHEN 1 THEN 'one' END AS c FROM region ORDER BY district",
  "SELECT district FROM region WHERE (north IS NULL OR area IS NOT NULL) AND NOT (area BETWEEN 2 AND 3) AND district NOT IN ('X', 'Y') ORDER BY district",
  "SELECT district FROM region WHERE north IS NOT DISTINCT FROM TRUE AND area IS DISTINCT FROM 3 AND district LIKE 'A%' ORDER BY district",
  "SELECT 1 AS a, 1.50 AS b, -2.5 AS c, 1e3 AS d, 0.25e-3 AS e, 'it''s' AS f, NULL AS g, TRUE AS h, DATE '2024-02-29' AS i, INTERVAL 3 MONTH AS j, 123456789012 AS k",
  "SELECT CAST('5' AS INTEGER) AS a, TRY_CAST('x' AS INTEGER) AS b, 7::DECIMAL(10,2) AS c, 7 // 2 AS d, 7 % 4 AS e, 'a' || 'b' AS f, nullif(1, 1) AS g, coalesce(NULL, 2) AS h, DATE '2024-01-31' + INTERVAL 1 MONTH AS i",
  "SELECT v.x, v.y FROM (VALUES (1, 'a'), (2, 'b')) v(x, y) ORDER BY v.x",
  "SELECT col0 + col1 AS s FROM (VALUES (1, 2), (3, 4)) ORDER BY s",
  "WITH a AS (SELECT north, sum(area) AS s FROM region GROUP BY north), b(k, t) AS (SELECT north, s * 2 FROM a) SELECT a.north, a.s, b.t FROM a JOIN b ON a.north = b.k ORDER BY 1",
  "WITH a(p, q, r) AS (SELECT 1 AS x, 2 AS k, 3 AS y) SELECT k, l, r FROM a AS b(k, l)",
  "WITH a AS (SELECT 1 AS x), c AS (WITH a AS (SELECT 2 AS x) SELECT x FROM a) SELECT a.x, c.x AS y FROM a, c",
  "SELECT l.district, r.y FROM region l LEFT JOIN (VALUES ('A', 1)) r(district, y) ON l.district = r.district ORDER BY 1",
  "SELECT district, y FROM region LEFT JOIN (VALUES ('A', 1)) r(district, y) USING (district) ORDER BY 1",
  "SELECT district, y FROM region RIGHT JOIN (VALUES ('A', 1), ('Z', 2)) r(district, y) USING (district) ORDER BY 1",
  "SELECT district, y, area FROM region FULL JOIN (VALUES ('A', 1), ('Z', 2)) r(district, y) USING (district) ORDER BY 1",
  "SELECT * FROM region JOIN (VALUES ('A', 1)) r(district, y) USING (district) ORDER BY 1",
  "SELECT a.district, b.district AS e FROM region a CROSS JOIN region b ORDER BY 1, 2",
  "SELECT district, row_number() OVER (ORDER BY area) AS r, sum(area) OVER (PARTITION BY north ORDER BY district ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s, count(*) OVER () AS n FROM region ORDER BY district",
  "SELECT district, lag(area, 1, 0) OVER (ORDER BY district DESC NULLS LAST) AS p, first_value(district) OVER (ORDER BY area ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS f, avg(area) OVER (ORDER BY area RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS g, sum(area) OVER (ORDER BY district ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS h FROM region ORDER BY district",
  "SELECT district, count() OVER (PARTITION BY north) AS c FROM region QUALIFY rank() OVER (PARTITION BY north ORDER BY area DESC) = 1 ORDER BY district",
  "SELECT area AS a, a + 1 AS b, b * 2 AS c FROM region WHERE b > 2 ORDER BY c",
  "SELECT t.area FROM (SELECT * FROM region ORDER BY area LIMIT 2) t ORDER BY 1",
  "SELECT sum(n) FROM (SELECT north, count(*) AS n FROM region GROUP BY north)",
  "SELECT 'x' AS k, count(*) FROM region GROUP BY north, k ORDER BY north",
  "SELECT (SELECT 1) AS a, (SELECT max(area) FROM region) AS b, EXISTS (SELECT 1 FROM region WHERE area > 9) AS c, NOT EXISTS (SELECT 2) AS d",
  "SELECT district, (SELECT count(*) FROM region s WHERE s.area < r.area) AS smaller FROM region r ORDER BY 1",
  "SELECT district, (SELECT max(area) FROM region WHERE area < r.area) AS next FROM region r ORDER BY 1",
  "SELECT district FROM region r WHERE EXISTS (SELECT 1 FROM region WHERE north = r.north AND area > r.area) ORDER BY 1",
  "SELECT district FROM region WHERE area NOT IN (SELECT area FROM region WHERE north) ORDER BY 1",
  "SELECT district FROM region WHERE area NOT IN (SELECT area FROM region) ORDER BY 1",
  "SELECT district FROM region WHERE (district, north) IN (SELECT district, north FROM region WHERE area > 1) ORDER BY 1",
  "SELECT district, area > ALL (SELECT area FROM region WHERE north) AS x, area <= ANY (SELECT area FROM region WHERE NOT north) AS y, area <> ANY (SELECT 1) AS z FROM region ORDER BY 1",
  "SELECT district FROM region r WHERE area = (WITH m AS (SELECT max(area) AS a FROM region s WHERE s.north = r.north), n AS (SELECT a FROM m), o AS (SELECT 0 AS z) SELECT a + z FROM n, o) ORDER BY 1",
  "SELECT north, count(*) AS n FROM region r GROUP BY north HAVING count(*) > (SELECT count(*) FROM region WHERE north IS NULL) ORDER BY 1",
  "SELECT a.district FROM region a JOIN region b ON a.area = (SELECT min(area) FROM region WHERE area > b.area) ORDER BY 1",
  "SELECT district FROM region ORDER BY (SELECT count(*) FROM region s WHERE s.area > region.area), 1",
  "SELECT x, (SELECT y FROM (SELECT x + t.x AS y FROM (SELECT 5 AS x)) s) AS z FROM (VALUES (1), (2)) t(x) ORDER BY 1",
  "SELECT t.x, (SELECT (SELECT t.x + u.y) FROM (SELECT t.x * 2 AS y) u) AS z FROM (VALUES (1), (2)) t(x) ORDER BY 1",
];

t.test("a statement over public rows gives exactly the engine's own answer", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  await connection.run("CREATE TABLE region (district VARCHAR, north BOOLEAN, area DOUBLE)");
  await connection.run(
    "INSERT INTO region VALUES ('A', TRUE, 1), ('B', FALSE, 2.5), ('AA', TRUE, 3), ('D', FALSE, 4), ('E', NULL, NULL)",
  );
  for (const sql of statements) {
    const governed = await show(sql, sampleSchema, connection);
    const plain = await connection.runAndReadAll(sql);
    t.same(governed.rows, plain.getRowsJson(), sql);
    t.same(governed.columns, plain.columnNames(), `names of ${sql}`);
    t.same(governed.types, plain.columnTypes().map(String), `types of ${sql}`);
  }
});
