import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { prove } from "../../../scripts/public-proof/prove.ts";
import { type AgreementSchema, shadowDdl } from "../../../src/policy/query/index.ts";
import { rewritten } from "../../../src/policy/query/resolve/re2-pattern.ts";

/** Public tables with columns of every kind. */
const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  region: { district: "VARCHAR", north: "BOOLEAN", area: "DOUBLE" },
  wide: {
    ...{ id: "INTEGER", q1: "INTEGER", q2: "INTEGER", q3: "INTEGER", l: "INTEGER[]" },
    ...{
      s: "STRUCT(a INTEGER, b VARCHAR, c STRUCT(d INTEGER))",
      m: "MAP(VARCHAR, INTEGER)",
      j: "JSON",
      d: "DATE",
      ts: "TIMESTAMP",
    },
    ...{
      tz: "TIMESTAMP WITH TIME ZONE",
      dec: "DECIMAL(12,2)",
      t: "TIME",
      e: "ENUM('x', 'y')",
      u: "UUID",
      b: "BLOB",
      h: "HUGEINT",
    },
    ...{ 地区: "VARCHAR", iv: "INTERVAL" },
  },
};

const schema: AgreementSchema = {
  tables: Object.entries(tables).map(([name, columns]) => ({
    name,
    grade: "public",
    subjects: [],
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, role: "attribute" })),
  })),
};

const rows = `
  INSERT INTO region VALUES ('A', true, 1), ('B', false, 2.5), ('AA', true, 3), ('D', false, 4), ('E', NULL, NULL);
  INSERT INTO wide SELECT i, i * 10, CASE WHEN i % 4 = 0 THEN NULL ELSE i * 20 END, i * 30,
    CASE WHEN i = 3 THEN NULL ELSE [i, i + 1, i + 2, i + 3] END, {'a': i, 'b': 'x' || i, 'c': {'d': i * 2}}, MAP(['k1', 'z' || i], [i, 7]),
    '{"a":' || i || ',"b":[1,{"c":"z"}],"n":null}', DATE '2024-01-30' + i::INTEGER, TIMESTAMP '2024-01-01 10:20:30' + to_hours(i * 7),
    '2024-01-01 10:00:00+00', i * 1.25, '10:00:00', CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END,
    '00000000-0000-0000-0000-00000000000' || i, encode('b' || i), i, '区' || (i % 3), to_days(i::INTEGER) FROM range(1, 7) t(i);`;

const statements: Readonly<Record<string, readonly string[]>> = {
  "stars and COLUMNS": [
    "SELECT * RENAME (r.district AS x) FROM region r JOIN region s USING (district)",
    "SELECT COLUMNS(* REPLACE (area + 1 AS area)), sum(COLUMNS(* EXCLUDE (district, north) REPLACE (area * 2 AS area))) FROM region GROUP BY ALL",
    "SELECT greatest(*COLUMNS(* EXCLUDE (district, north) REPLACE (-area AS area))) AS g, struct_pack(*COLUMNS(* REPLACE (1 AS area))) AS s FROM region",
    "SELECT COLUMNS(c -> NOT starts_with(c, 'a') AND c > 'e' AND NOT (c LIKE 'x%')) FROM region",
    "SELECT * EXCLUDE (north) FROM region",
    "SELECT * EXCLUDE north FROM region",
    "SELECT region.* EXCLUDE (district) FROM region",
    "SELECT * EXCLUDE (r.north) FROM region r",
    "SELECT * REPLACE (area * 2 AS area) FROM region",
    "SELECT * REPLACE (upper(district) AS DISTRICT) FROM region",
    "SELECT * RENAME (north AS n, area AS a) FROM region",
    "SELECT * EXCLUDE (north) REPLACE (area + 1 AS area) RENAME (district AS d) FROM region",
    "SELECT * RENAME (r.north AS n) FROM region r",
    "SELECT r.*, 1 AS one, s.* EXCLUDE (area) FROM region r JOIN region s USING (district)",
    "SELECT * EXCLUDE (district) FROM region r JOIN region s USING (district)",
    "SELECT * EXCLUDE (r.district) FROM region r JOIN region s ON r.district = s.district",
    "SELECT COLUMNS('a.*') FROM region",
    "SELECT COLUMNS('^(d|n)') FROM region",
    "SELECT COLUMNS('(?i)A.*') FROM region",
    "SELECT COLUMNS('(.)(.*)') AS '\\2_\\1' FROM region",
    "SELECT COLUMNS(*) FROM region",
    "SELECT COLUMNS(r.*) FROM region r",
    "SELECT COLUMNS(* EXCLUDE (north)) FROM region",
    "SELECT COLUMNS(* REPLACE (1 AS area)) FROM region",
    "SELECT COLUMNS(['area', 'north']) FROM region",
    "SELECT COLUMNS(c -> c LIKE 'a%') FROM region",
    "SELECT COLUMNS(lambda c: c LIKE '%t%' OR length(c) = 4) FROM region",
    "SELECT * LIKE 'a%' FROM region",
    "SELECT * NOT LIKE 'a%' FROM region",
    "SELECT * ILIKE 'A%' FROM region",
    "SELECT * SIMILAR TO 'a.*' FROM region",
    "SELECT * EXCLUDE (area) LIKE '%r%' FROM region",
    "SELECT min(COLUMNS(*)), max(COLUMNS(*)) FROM region",
    "SELECT min(COLUMNS('q\\d')), sum(COLUMNS('q[12]')) AS s FROM wide",
    "SELECT COLUMNS('q.') + COLUMNS('q.') FROM wide",
    "SELECT COLUMNS('q.') * 2 AS dbl, id FROM wide",
    "SELECT id, COLUMNS('q.')::VARCHAR FROM wide",
    "SELECT count(COLUMNS('q.')) FILTER (WHERE id > 2) FROM wide",
    "SELECT sum(COLUMNS('q[12]')) OVER (ORDER BY id) FROM wide",
    "SELECT id FROM wide WHERE COLUMNS('q.') > 20",
    "SELECT coalesce(*COLUMNS('q.')) AS c FROM wide",
    "SELECT greatest(*COLUMNS(['q1', 'q2'])) AS c, id FROM wide",
    "SELECT struct_pack(*COLUMNS('q.')) FROM wide",
    "SELECT id FROM wide ORDER BY COLUMNS('q.') DESC",
    "SELECT id, q1 FROM wide ORDER BY *",
    "SELECT DISTINCT ON (COLUMNS('地.*')) 地区, id FROM wide ORDER BY 地区, id",
    "SELECT CASE WHEN COLUMNS('q1') > 30 THEN 1 END FROM wide",
    "SELECT COLUMNS(c -> c = 'area' OR c IN ('north') OR NOT c > 'b') FROM region",
    "SELECT COLUMNS(c -> suffix(upper(c), 'A') AND contains(c, 'e') AND starts_with(lower(c), 'a') AND length(c) <> 3) FROM region",
    "SELECT COLUMNS(c -> c <> 'area' AND c <= 'north' AND c >= 'a' AND c < 'z' AND c IS DISTINCT FROM 'x' AND c IS NOT DISTINCT FROM 'north') FROM region",
    "SELECT COLUMNS(c -> c NOT ILIKE 'A%' AND regexp_matches(c, 'o') AND c NOT LIKE 'x!_%' ESCAPE '!' AND c LIKE 'no_th' ESCAPE '!') FROM region",
    "SELECT struct_pack(*COLUMNS('a')) AS p, struct_pack(x) AS q FROM (SELECT area, 1 AS x FROM region)",
    "SELECT id IN (*COLUMNS('q.')) AS i, count(*) FROM wide GROUP BY ALL",
    "SELECT sum(COLUMNS('(q)(1)')) AS 't_\\2\\\\', id FROM wide GROUP BY id",
  ],
  "slices, structs, JSON and lists": [
    "SELECT l[2:] FROM wide",
    "SELECT l[:3] FROM wide",
    "SELECT l[1:-:2] AS a, l[2:3:1] AS b FROM wide",
    "SELECT '地区人'[1:2], 'abc'[2], 'abc'[2:], 'abc'[:2], 'abc'[-1] FROM wide",
    "SELECT l[id], l[id:], l[:id] FROM wide",
    "SELECT s.a, s.b, s.c.d, wide.s.a, (s).c.d, s['a'], s['c']['d'], {'x': 1}.x FROM wide",
    "SELECT unnest([[1,2],[3]], recursive := true)",
    "SELECT unnest([[[1,2]],[[3]]], max_depth := 2)",
    "SELECT id, unnest(l) AS x FROM wide",
    "SELECT id, x FROM wide, unnest(l) t(x)",
    "SELECT id, x FROM wide CROSS JOIN LATERAL (SELECT unnest(l) AS x)",
    "SELECT id, x, i FROM wide, unnest(l) WITH ORDINALITY AS t(x, i)",
    "SELECT m['k1'], m['zz'], map_keys(m), m[s.b] FROM wide",
    "SELECT j -> 'a', j ->> 'a', j -> '$.b[1].c', j ->> '$.b[1].c', j -> 'b' -> 1 ->> 'c', j->'n' FROM wide",
    "SELECT j.a, j['a'], j.b[0] FROM wide",
    "SELECT json_extract(j, '$.a'), json_extract_string(j, ['$.a', '$.b']), json_keys(j), json_type(j), json_array_length(j, 'b') FROM wide",
    "SELECT CAST(j AS VARCHAR), '{\"a\":1}'::JSON, json('[1]'), to_json(s), json_object('a', id), json_group_array(id) FROM wide GROUP BY ALL",
    'SELECT * FROM json_each(\'{"a":1,"b":2}\')',
    'SELECT * FROM json_tree(\'{"a":1,"b":[2]}\')',
    "SELECT x * 2 FROM (SELECT unnest([1, 2, 3]) AS x)",
    "SELECT [x * 2 FOR x IN l] , [x FOR x IN l IF x > 3] FROM wide",
    "SELECT [x + i FOR x, i IN l] FROM wide",
  ],
  "aggregates, joins and what stands in FROM": [
    "SELECT list_transform(l, x -> x + id), list_filter(l, lambda x: x % 2 = 0), list_reduce(coalesce(l, [0]), (a, b) -> a + b), list_transform(l, (x, i) -> x * i) FROM wide",
    "SELECT list_reduce([1,2,3], lambda x, y: x + y, 100), apply([1], x -> x), list_transform([[1],[2]], x -> list_transform(x, y -> y + x[1]))",
    "SELECT array_agg(id ORDER BY id DESC), list(DISTINCT 地区 ORDER BY 地区), string_agg(s.b, '|' ORDER BY id) FILTER (WHERE id < 4), first(id ORDER BY q3 DESC), arg_max(s.b, q1), arg_min(s.b, q1, 2), max(q1, 2), histogram(地区) FROM wide",
    "SELECT mode() WITHIN GROUP (ORDER BY 地区), percentile_cont(0.5) WITHIN GROUP (ORDER BY q1), percentile_disc([0.25, 0.75]) WITHIN GROUP (ORDER BY q1 DESC), quantile_cont(q1, [0.1, 0.9]), median(d), quantile_disc(地区, 0.5) FROM wide",
    "SELECT list_aggregate(l, 'sum'), list_aggr(l, 'string_agg', ','), array_aggregate(l, 'max') FROM wide",
    "SELECT * FROM region POSITIONAL JOIN wide",
    "SELECT * FROM region r ASOF JOIN wide w ON r.area >= w.id",
    "SELECT r.area, w.id FROM region r ASOF LEFT JOIN wide w ON r.area < w.id",
    "SELECT r.district, w.id FROM region r ASOF JOIN wide w ON r.district = w.地区 AND r.area > w.id",
    "FROM wide SELECT id, q1 WHERE id > 2 ORDER BY ALL DESC LIMIT 2",
    "FROM wide",
    "FROM wide w, region",
  ],
  "PIVOT and UNPIVOT": [
    "SELECT 地区, count(*), sum(q1) FROM wide GROUP BY ALL ORDER BY ALL",
    "SELECT 地区 || 'x', q1 > 20, count(*) FROM wide GROUP BY ALL ORDER BY ALL NULLS FIRST",
    "SELECT DISTINCT ON (地区) 地区, id FROM wide ORDER BY 地区, id DESC",
    "SELECT DISTINCT ON (地区, id > 3) * FROM wide ORDER BY 地区, id > 3, id",
    "PIVOT wide ON 地区 IN ('区0', '区1') USING sum(q1) GROUP BY id",
    "PIVOT wide ON 地区 IN ('区0', '区1') USING sum(q1) AS s, count(*) AS n",
    "PIVOT (SELECT 地区, q1, id > 3 AS big FROM wide) ON 地区 IN ('区0', '区1', '区2') USING sum(q1)",
    "PIVOT (SELECT 地区, q1, id > 3 AS big FROM wide) ON 地区 IN ('区0', '区1'), big IN (true, false) USING sum(q1), max(q1)",
    "PIVOT (SELECT 地区, q1, id > 3 AS big FROM wide) ON 地区 || big IN ('区0true') USING first(q1) GROUP BY big",
    "PIVOT (SELECT 地区, q1 FROM wide) ON 地区 IN ('区0', '区1')",
    "FROM (SELECT 地区, q1, id % 2 AS p FROM wide) PIVOT (sum(q1) FOR 地区 IN ('区0', '区1'))",
    "FROM (SELECT 地区, q1, id % 2 AS p FROM wide) PIVOT (sum(q1) AS total, count(*) AS n FOR 地区 IN ('区0' AS zero, '区1') GROUP BY p)",
    "SELECT x.a, x.c FROM (SELECT 地区, q1, id % 2 AS p FROM wide) PIVOT (sum(q1) FOR 地区 IN ('区0', '区1')) AS x(a, b, c)",
    "FROM (SELECT id, q1 FROM wide) PIVOT (sum(q1) FOR id IN (1, 2, 99)) ",
    "FROM (SELECT d, q1 FROM wide) PIVOT (sum(q1) FOR d IN ('2024-01-31', DATE '2024-02-01'))",
    "FROM (SELECT north, area FROM region) PIVOT (count(*) FOR north IN (true, false, NULL))",
    "FROM (SELECT north, area FROM region) PIVOT (sum(area) + 1 FOR north IN (true, false))",
    "FROM (SELECT north, district, area FROM region) PIVOT (list(district ORDER BY area DESC) FOR north IN (true, false))",
    "WITH p AS (PIVOT (SELECT 地区, q1 FROM wide) ON 地区 IN ('区0', '区1') USING sum(q1)) SELECT 区0 + 区1 AS t FROM p",
    "SELECT * FROM (PIVOT (SELECT 地区, q1 FROM wide) ON 地区 IN ('区0', '区1') USING sum(q1)) t JOIN region ON area = 1",
    "UNPIVOT wide ON q1, q2, q3 INTO NAME quarter VALUE v",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON q1, q2, q3",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON COLUMNS(* EXCLUDE (id)) INTO NAME quarter VALUE v",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON COLUMNS('q.') INTO NAME quarter VALUE v",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON (q1 + 1) AS a, q2 AS b INTO NAME quarter VALUE v",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON * EXCLUDE (id) INTO NAME quarter VALUE v",
    "UNPIVOT (SELECT id, q1, q2, q3, q1+1 AS q4 FROM wide) ON (q1, q2) AS h1, (q3, q4) AS h2 INTO NAME half VALUE a, b",
    "FROM (SELECT id, q1, q2, q3 FROM wide) UNPIVOT (v FOR quarter IN (q1, q2, q3))",
    'FROM (SELECT id, q1, q2, q3 FROM wide) UNPIVOT INCLUDE NULLS (v FOR quarter IN (q1 AS first, q2 AS "zwei"))',
    "PIVOT (SELECT id % 3 AS r, id FROM wide) ON id IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23) USING count(*) AS n, sum(id) GROUP BY r",
    "FROM (SELECT north, area FROM region WHERE area > 99) PIVOT (sum(area) AS s, count(*) AS n FOR north IN (true, false))",
    "FROM (SELECT north, district, area FROM region) PIVOT (max(area) FOR north IN (true, false) GROUP BY district) ORDER BY ALL",
    "FROM (SELECT dec, q1 FROM wide) PIVOT (sum(q1) FOR dec IN (1.25, 2.5))",
    "FROM (SELECT id, q1, q2 FROM wide) UNPIVOT INCLUDE NULLS ((a, b) FOR n IN ((q1, q2) AS x, (q2, q1)))",
    "FROM (SELECT id, q1, q2 FROM wide) UNPIVOT ((a, b) FOR n IN ((q1, q2) AS x, (q2, q1)))",
    "UNPIVOT (SELECT id, q1, q2, q3 FROM wide) ON q1 + 1, q2",
  ],
  "dates, times, types and operators": [
    "FROM (SELECT id, q1, q2, q3 FROM wide) UNPIVOT (v FOR quarter IN (COLUMNS('q.')))",
    "FROM (SELECT id, q1, dec, h FROM wide) UNPIVOT (v FOR k IN (q1, dec, h))",
    "VALUES (1, 'a'), (2, NULL)",
    "SELECT * FROM (VALUES (1, 2), (3, NULL)) AS t",
    "TABLE region",
    "SELECT INTERVAL 3 MONTH, INTERVAL '1 year 2 days', INTERVAL '90' MINUTE, INTERVAL (id) DAY, to_days(3), d + INTERVAL 1 DAY, d - DATE '2024-01-01', ts - INTERVAL '1 hour', ts - TIMESTAMP '2024-01-01', d + 1, age(ts, TIMESTAMP '2023-01-01'), INTERVAL 1 DAY * 3, iv + iv, iv > INTERVAL 2 DAY FROM wide",
    "SELECT date_trunc('month', ts), date_part(['year', 'month'], d), extract(epoch FROM ts), datediff('day', d, DATE '2024-12-31'), date_add(d, INTERVAL 1 MONTH), strftime(ts, '%Y年%m月'), strptime('2024-01-02', '%Y-%m-%d'), make_date(2024, 1, id), last_day(d), dayname(d), time_bucket(INTERVAL 2 DAY, d), DATE '2024-01-01' + TIME '10:00', t, epoch_ms(ts), monthname(d) FROM wide",
    "SELECT d::TIMESTAMP, ts::DATE, ts::TIME, '2024-01-01'::DATE, CAST('infinity' AS DATE), TIMESTAMP_S '2024-01-01', '10:00'::TIME FROM wide",
    "SELECT tz FROM wide",
    "SELECT tz::DATE, tz::VARCHAR, date_trunc('day', tz) FROM wide",
    "SELECT e, e::VARCHAR, e = 'x', enum_range(e) FROM wide",
    "SELECT u, b, h, h * 2, u::VARCHAR, b::VARCHAR, octet_length(b), '\\xAA'::BLOB, 'ab'::BLOB, encode('ä') FROM wide",
    "SELECT 'inf'::DOUBLE, '-inf'::DOUBLE, 'nan'::DOUBLE, 1e308 * 10, 1_000, 0x1F, 0b11, 170141183460469231731687303715884105727, 1e-300, 123456789012345678901234567890.5, 5e-324",
  ],
  "windows, groups and recursion": [
    "SELECT upper('x') AS u, count(*) FROM region WHERE area > 99 GROUP BY ALL",
    "SELECT count(*), (SELECT count(*) FROM region) FROM region WHERE area > 99 GROUP BY ALL",
    "SELECT count(*), (SELECT count(*) FROM region r WHERE r.area < region.area) FROM region WHERE area > 99 GROUP BY ALL",
    "SELECT list_transform([1], x -> x) AS l, count(*) FROM region WHERE area > 99 GROUP BY ALL",
    "SELECT 'a' AS k, -3 AS n, count(*) FROM region GROUP BY ALL ORDER BY ALL LIMIT 3",
    "SELECT id, lag(q1) OVER w, lead(q1, 2, 0) OVER w, first_value(q2 IGNORE NULLS) OVER w, nth_value(q1, 2) OVER w, ntile(3) OVER w, cume_dist() OVER w, percent_rank() OVER w, sum(q2) OVER (w ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW), max(q1) OVER (ORDER BY d RANGE BETWEEN INTERVAL 2 DAY PRECEDING AND CURRENT ROW), count(*) OVER (PARTITION BY 地区) FROM wide WINDOW w AS (ORDER BY id)",
    "SELECT id, row_number(ORDER BY q3 DESC) OVER (ORDER BY id), lag(q2 IGNORE NULLS) OVER (ORDER BY id), last_value(q2 ORDER BY id DESC) OVER (ORDER BY id), fill(q2) OVER (ORDER BY id), rank() OVER (ORDER BY 地区 DESC NULLS LAST), quantile_cont(q1, 0.5) OVER (ORDER BY id ROWS 2 PRECEDING), list(id) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES), string_agg(s.b, ',') OVER (ORDER BY id), count(DISTINCT 地区) OVER (ORDER BY id), sum(q1) FILTER (WHERE id > 2) OVER (ORDER BY id) FROM wide",
    "SELECT 地区, sum(q1) AS s, sum(sum(q1)) OVER (ORDER BY 地区), rank() OVER (ORDER BY sum(q1) DESC) FROM wide GROUP BY 地区 QUALIFY row_number() OVER (ORDER BY sum(q1)) < 3",
    "SELECT GROUPING(地区), GROUPING_ID(地区, id), 地区, id, sum(q1) FROM wide GROUP BY CUBE (地区, id) HAVING sum(q1) > 20",
    "SELECT 地区, id % 2 AS p, count(*) FROM wide GROUP BY GROUPING SETS (地区, (地区, p), ROLLUP (p)) ORDER BY ALL",
    "SELECT count(*) FROM wide GROUP BY ROLLUP (地区), id % 2",
    "WITH RECURSIVE t(a, b) USING KEY (a) AS (SELECT 1, 1 UNION SELECT a, b + 1 FROM t WHERE b < 3) SELECT * FROM t",
    "WITH RECURSIVE t(a, b) USING KEY (a) AS (SELECT 1, 1 UNION ALL SELECT x.a + 1, x.b + y.b FROM t x, recurring.t y WHERE x.a < 3) SELECT * FROM t",
    "WITH RECURSIVE t AS (WITH u AS (SELECT 1 AS n) SELECT n FROM u UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t",
  ],
  "names that the engine makes, subqueries and rows": [
    "WITH t(n) AS (VALUES (1), (2)), u AS MATERIALIZED (SELECT n * 2 AS m FROM t) SELECT * FROM t, u",
    'SELECT "count_star()" FROM (SELECT count(*) FROM wide)',
    "SELECT * FROM (SELECT count(*), sum(q1) FROM wide) t(a)",
    'SELECT "sum(q1)" + 1 AS x FROM (SELECT sum(q1) FROM wide)',
    'SELECT "max(id)" FROM (SELECT max(id), 地区 FROM wide GROUP BY 地区) ORDER BY 1',
    'SELECT "(q1 + 1)" FROM (SELECT q1 + 1 FROM wide)',
    'WITH x AS (SELECT count(*) FROM wide) FROM x SELECT "count_star()" * 2',
    "SELECT w FROM wide w WHERE id = 1",
    "SELECT row(id, q1), struct_pack(a := id), {'a': id, 'b': [q1]}, [id, q1], MAP {'a': id}, MAP(['x'], [id]), (id, q1), [id]::INT[1], array_value(id, q1) FROM wide",
    "SELECT ARRAY(SELECT id FROM wide ORDER BY id)",
    "SELECT (SELECT id FROM wide ORDER BY id LIMIT 1), (SELECT {'a': max(id), 'b': min(id)} FROM wide).a, EXISTS (FROM wide WHERE id > 5)",
    "SELECT id, (SELECT count(*) FROM region r WHERE r.area < w.id) AS n FROM wide w WHERE EXISTS (SELECT 1 FROM region r WHERE r.area = w.id)",
    "SELECT id FROM wide WHERE (id, 地区) IN (SELECT id, 地区 FROM wide WHERE id > 3) OR id = ANY (SELECT area FROM region) OR id IN l",
    "SELECT id FROM wide WHERE id = ANY ([1, 2]) OR q1 > ALL (SELECT area FROM region WHERE area IS NOT NULL)",
    "SELECT * FROM wide UNION BY NAME SELECT area, district FROM region",
    "SELECT area FROM region UNION ALL BY NAME SELECT 1 AS area, 2 AS b",
    "SELECT id FROM wide EXCEPT ALL SELECT 1 INTERSECT SELECT 2",
    "(SELECT id FROM wide ORDER BY id LIMIT 2) UNION ALL (SELECT 7) ORDER BY 1 DESC OFFSET 1",
  ],
  "set operations, table functions and the rest": [
    "SELECT id, sum(q1) AS q FROM wide GROUP BY 1 HAVING q > 20 ORDER BY q DESC, 1 LIMIT 50%",
    "SELECT id AS x, x + 1 AS y, y * 2 AS z FROM wide WHERE y > 3 ORDER BY z",
    "SELECT max(x) FROM range(10) t(x)",
    "SELECT * FROM generate_series(DATE '2024-01-01', DATE '2024-01-05', INTERVAL 2 DAY) t(d)",
    "SELECT * FROM range(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', INTERVAL 6 HOUR)",
    "SELECT unnest([1, 2]), unnest(['a', 'b', 'c'])",
    "SELECT CASE id WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, CASE WHEN id > 2 THEN 1 ELSE 2.5 END, DECODE('a'::BLOB) FROM wide",
    "SELECT TRY(1 // 0), TRY_CAST('x' AS INT), CAST(id AS UTINYINT), id::DECIMAL(10, 3), id::VARCHAR || 'x', id::BIT, '1.5'::FLOAT, [1, 2]::VARCHAR[], {'a': 1}::STRUCT(a VARCHAR), '[1,2]'::INT[], 5::UNION(n INT, s VARCHAR), 'x'::ENUM('x', 'y') FROM wide",
    "SELECT #1 FROM wide",
    "SELECT id FROM wide ORDER BY #1",
    "SELECT district COLLATE NOCASE = 'a' FROM region ORDER BY district COLLATE NOCASE, area",
    'SELECT 地区 AS "地 区", id "i d" FROM wide',
    'SELECT id AS "a""b" FROM wide',
    "SELECT 1 AS a, 2 AS a",
    "SELECT * FROM (SELECT 1 AS a, 2 AS a)",
    "SELECT a FROM (SELECT 1 AS a, 2 AS a)",
    "SELECT * FROM region r1 JOIN region r2 ON r1.district = r2.district",
    "SELECT t.area_1 FROM (SELECT * FROM region r1 JOIN region r2 ON r1.district = r2.district) t",
    "SELECT count(*) FROM region AS r, LATERAL (SELECT r.area AS a) x, LATERAL (SELECT x.a + 1 AS b) y",
    "SELECT count(DISTINCT COLUMNS(*)) FROM region",
    "SELECT any_value(s), last(id ORDER BY id), bit_and(id), bool_or(id > 3), product(id), kurtosis(q1), skewness(q1), entropy(地区), regr_slope(q1, q2), approx_count_distinct(id), mad(q1), sem(q1), arg_max(id, q1), listagg(s.b, ',' ORDER BY id) FROM wide",
    "SELECT hash(id), md5(s.b), sha256('a'), format('{} {}', id, s.b), printf('%d', id), regexp_extract(s.b, '(x)(.)', ['a', 'b']), regexp_replace(s.b, 'x', 'y', 'g'), string_split(s.b, 'x'), levenshtein(s.b, 'xx'), bar(id, 0, 10, 5), chr(65), lpad(s.b, 5, '0'), to_hex(id), url_encode('ä'), strip_accents('ä'), concat_ws('-', id, s.b) FROM wide",
    "SELECT struct_insert(s, z := 1), struct_extract(s, 'a'), struct_keys(s), s.c FROM wide",
    "SELECT id FROM wide WHERE 地区 = '区1' AND id NOT IN (SELECT area FROM region WHERE area IS NOT NULL) ORDER BY id FETCH FIRST 2 ROWS ONLY",
    "SELECT DISTINCT 地区, count(*) OVER () FROM wide ORDER BY 1",
    "SELECT sum(x) FROM (SELECT DISTINCT id % 2 AS x FROM wide)",
    "SELECT * FROM wide w SEMI JOIN region r ON w.id = r.area",
    "SELECT id FROM wide w ANTI JOIN region r ON w.id = r.area",
    "SELECT * FROM (SELECT id, d FROM wide) w NATURAL FULL JOIN (SELECT id, e FROM wide WHERE id < 3) v",
    "SELECT id, u.n FROM wide LEFT JOIN LATERAL (SELECT count(*) AS n FROM region WHERE area > id) u ON true",
    "SELECT * FROM region CROSS JOIN (SELECT 1 AS one) NATURAL JOIN (SELECT 1 AS one, 2 AS two)",
    "SELECT nullif(id, 1), coalesce(q2, q1), greatest(1, 2, NULL), least(q1, q2) FROM wide",
    "WITH a AS (SELECT id FROM wide) SELECT (SELECT max(id) FROM a) AS m, (WITH b AS (SELECT id + 1 AS i FROM a) SELECT min(i) FROM b) AS n",
    "SELECT id FROM wide LIMIT 2 OFFSET (SELECT 1)",
    "SELECT count(*) FROM (FROM wide UNION ALL FROM wide)",
    'SELECT "id" FROM "wide" WHERE "wide"."id" = 1',
    "SELECT main.wide.id FROM main.wide",
    "SELECT count(*) AS n FROM wide GROUP BY ALL HAVING n > 1",
    "SELECT list(x) FROM (SELECT unnest(l) x, id FROM wide) GROUP BY id ORDER BY id",
    "SELECT COLUMNS('q.') AS 'r_\\0' FROM wide",
    "SELECT prefix: id, b2: q1 + 1 FROM wide",
    "FROM x: wide SELECT x.id",
    "SELECT id, FROM wide,",
    "SELECT array_to_string(l, ','), list_value(1, 2), range(3), generate_series(1, 3), range(0, 10, 3) FROM wide",
    "SELECT cume_dist(ORDER BY id) OVER (ORDER BY q1) FROM wide",
    "SELECT sum(q1) OVER (PARTITION BY 地区 ORDER BY id DESC ROWS UNBOUNDED PRECEDING) FROM wide",
    "SELECT id FROM wide w WHERE w.q1 = (SELECT max(q1) FROM wide v WHERE v.地区 = w.地区)",
    "SELECT 1 WHERE false",
    "SELECT *, * FROM region",
    "SELECT *, area AS a2 FROM region WHERE a2 > 1",
    "SELECT r.area, r.* FROM region r ORDER BY r.area",
    "SELECT DISTINCT * FROM region ORDER BY area",
    "SELECT count(*) FROM region, region r2",
    "SELECT CAST(ROW(1, 2) AS STRUCT(a INT, b INT)), MAP_FROM_ENTRIES([('a', 1)]), map_concat(m, MAP {'z': 1}), element_at(m, 'k1') FROM wide",
  ],
};

async function publicTables(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  await connection.run(shadowDdl(schema));
  await connection.run(rows);
  return connection;
}

for (const [what, list] of Object.entries(statements)) {
  t.test(`over public tables, ${what} give the engine's own names, types and values`, async (t) => {
    const connection = await publicTables();
    t.teardown(() => connection.closeSync());
    for (const sql of list) {
      const { verdict, why } = await prove(connection, schema, sql);
      t.match(verdict, /^equal/, `${sql} → ${why}`);
    }
  });
}

/** What the engine takes and the platform does not: each has its reason. */
const refused: readonly (readonly [string, string])[] = [
  ["SELECT * FROM wide TABLESAMPLE 10%", "TABLESAMPLE, which takes rows by chance"],
  ["SELECT * FROM wide USING SAMPLE 3", "USING SAMPLE, which takes rows by chance"],
  ["DESCRIBE region", "SHOW or DESCRIBE"],
  ["SHOW TABLES", "SHOW or DESCRIBE"],
  ["SUMMARIZE region", "SUMMARIZE"],
  ["SELECT random()", "the function random: it gives something else on every run"],
  ["SELECT current_date", "the function current_date: it hangs on when it runs"],
  ["SELECT * FROM duckdb_tables()", "the table function duckdb_tables: it hangs on where"],
  ["SELECT * FROM glob('*')", "the table function glob: it reads files"],
  ["SELECT * FROM query('SELECT 1')", "the table function query: it runs or chooses code by a text"],
  ["SELECT ts AT TIME ZONE 'UTC' FROM wide", "the function timezone: it hangs on where"],
  ["SELECT rowid FROM region", "the name rowid"],
  ["SELECT unnest(s) FROM wide", "unnest of a struct"],
  ["SELECT unnest([{'a': 1, 'b': 2}], recursive := true)", "unnest of a struct"],
  ["SELECT s.* FROM wide", "the name s"],
  [`SELECT ${Array.from({ length: 201 }, (_unused, i) => i).join()}`, "more than 200 output columns"],
  ["SELECT * EXCLUDE (s.district) FROM region r JOIN region s USING (district)", "EXCLUDE of one side of the joined column"],
  [
    "FROM (SELECT north, area FROM region) PIVOT (sum(area) FILTER (area > 1) FOR north IN (true))",
    "FILTER on an aggregate of PIVOT",
  ],
  ["FROM (SELECT id, q1 FROM wide) UNPIVOT (v FOR k IN (q1)) AS p(i, n, v)", "UNPIVOT under new names of columns"],
  [
    "FROM (SELECT north, area FROM region) PIVOT (sum(area) FILTER (area > 1) + 1 FOR north IN (true))",
    "FILTER on an aggregate of PIVOT",
  ],
  ["UNPIVOT (SELECT id, CASE WHEN true THEN 1 END FROM wide) ON COLUMNS(* EXCLUDE (id))", "UNPIVOT of a column that has no name"],
  [
    "SELECT (WITH RECURSIVE t AS (WITH u AS (SELECT r.area AS n) SELECT n FROM u UNION SELECT n FROM t) SELECT max(n) FROM t) FROM region r",
    "WITH inside a recursion that looks at what is around it",
  ],
  ["PIVOT wide ON 地区 USING sum(q1)", "something that is not a SELECT statement"],
  [
    "FROM (SELECT north, area FROM region) PIVOT (sum(CASE WHEN area > 1 THEN 1 END), count(*) FOR north IN (true))",
    "PIVOT with several aggregates without names",
  ],
  [
    `PIVOT wide ON id IN (${Array.from({ length: 101 }, (_unused, i) => i).join()}) USING sum(q1) AS a, max(q1) AS b`,
    "a PIVOT of more than 200 columns",
  ],
  ["FROM (SELECT ts, q1 FROM wide) PIVOT (sum(q1) FOR ts IN (TIMESTAMP '2024-01-01 17:20:30'))", "a literal of type TIMESTAMP"],
  ["SELECT COLUMNS(c -> reverse(c) = 'aera') FROM region", "a test of column names by what"],
  ["SELECT COLUMNS(c -> length(c) = '4') FROM region", "a test of column names by what"],
  ["SELECT COLUMNS(c -> coalesce(c = NULL, true)) FROM region", "a test of column names by what"],
  ["SELECT COLUMNS(c -> c = NULL OR c = 'area') FROM region", "a test of column names by what"],
  ["SELECT COLUMNS(c -> CASE WHEN c = 'area' THEN true ELSE false END) FROM region", "a test of column names by what"],
  [`SELECT COLUMNS('${"a?".repeat(129)}') FROM region`, "a pattern of more than 256 characters"],
  ["SELECT COLUMNS('e') FROM (SELECT CASE WHEN true THEN 1 END, 1 AS e)", "COLUMNS over a column that has no name"],
];

t.test("what is refused over public tables is refused for a reason", async (t) => {
  const connection = await publicTables();
  t.teardown(() => connection.closeSync());
  for (const [sql, reason] of refused) {
    const { verdict, why } = await prove(connection, schema, sql);
    t.equal(verdict, "refused", `${sql} → ${why}`);
    t.ok(why.includes(reason), `${sql} → ${why}`);
  }
});

t.test("no pattern over names of columns hangs the compiler", async (t) => {
  const connection = await publicTables();
  t.teardown(() => connection.closeSync());
  for (const pattern of ["(a*)*b|.", "(.|..|...)*$", "((a?){30}a{30})?"]) {
    const { verdict, why } = await prove(connection, schema, `SELECT COLUMNS('${pattern}') FROM region`);
    t.match(verdict, /^equal/, `${pattern} → ${why}`);
  }
});

t.test("patterns over names rewrite as RE2 does", async (t) => {
  t.equal(rewritten("(.)(.*)", "district", "\\2_\\1\\\\", undefined), "istrict_d\\");
  t.equal(rewritten("(a)|b", "xbx", "[\\1\\0]", undefined), "x[b]x");
  t.equal(rewritten("q", "area", "y", undefined), "area", "what does not match stays");
});
