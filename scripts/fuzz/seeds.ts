/** Statements over `fuzzSchema` that touch every part of the language; mutations start from them. */
export const seedStatements: readonly string[] = [
  "SELECT count(*) FROM person",
  "SELECT district, count(*) AS n, avg(income) AS mean FROM person WHERE level BETWEEN 2 AND 5 GROUP BY district ORDER BY n DESC LIMIT 10",
  "SELECT p.district, sum(v.cost) FROM person p JOIN visit v USING (id) WHERE v.icd10 LIKE 'B2%' AND p.income >= 5000 GROUP BY ALL HAVING count(*) > 20",
  "SELECT sum(CASE WHEN district = '中山' THEN income WHEN level IN (1, 2, 3) THEN tax ELSE 1000 END) FROM person",
  "WITH t AS (SELECT id, count(*) AS n, sum(cost) AS c FROM visit GROUP BY id) SELECT n, avg(c), count(*) FROM t GROUP BY n",
  "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id = p.id AND v.day >= DATE '2024-01-01')",
  "SELECT count(*) FILTER (WHERE born < DATE '1960-01-01'), count(DISTINCT id), stddev(income), corr(income, tax) FROM person",
  "SELECT district, n, n * 100.0 / sum(n) OVER () AS share FROM (SELECT district, count(*) AS n FROM person GROUP BY district) AS t QUALIFY rank() OVER (ORDER BY n DESC) <= 5",
  "SELECT first_visit, count(*) FROM (SELECT id, date_trunc('month', day) AS first_visit, row_number() OVER (PARTITION BY id ORDER BY day) AS r FROM visit) AS t WHERE r = 1 GROUP BY first_visit",
  "SELECT count(*) FROM person LEFT JOIN visit USING (id) WHERE visit.id IS NULL",
  "SELECT count(*) FROM person WHERE id NOT IN (SELECT id FROM visit WHERE cost > 500)",
  "SELECT e.insured, count(DISTINCT e.worker), sum(e.wage) FROM employment e JOIN person p ON p.id = e.worker GROUP BY e.insured",
  "SELECT district FROM region UNION ALL SELECT district FROM (SELECT district, count(*) FROM person GROUP BY 1) AS t EXCEPT SELECT 'x'",
  "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n, n * n FROM r",
  "SELECT north, count(*), grouping(north) FROM region GROUP BY ROLLUP (north, district)",
  "SELECT r.north, t.n FROM region r JOIN (SELECT district, count(*) AS n FROM person GROUP BY district) t USING (district)",
  "FROM region SELECT * EXCLUDE (area) REPLACE (upper(district) AS district) ORDER BY ALL",
  "SELECT list_transform([1, 2, 3], lambda x: x + 1), {'a': 1, 'b': [2]}, [x * 2 FOR x IN range(5) IF x % 2 = 0], 'abc'[1:2], map {'k': 1}",
  "SELECT w0::BIGINT + w5, coalesce(w1, w6), try_cast(w1 AS DATE), w4[1], CASE w0 WHEN 1 THEN 'a' ELSE 'b' END FROM wide",
  "SELECT sum(w2) OVER (PARTITION BY w1 ORDER BY w3 ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM wide WINDOW v AS (ORDER BY w0)",
  "SELECT * FROM range(10) AS a(i), LATERAL (SELECT i + 1 AS j) AS b WHERE j > (SELECT avg(area) FROM region)",
  "PIVOT region ON north IN (true, false) USING sum(area) GROUP BY district",
  "SELECT COLUMNS('w[0-9]$') FROM wide",
  "VALUES (1, 'a'), (2, NULL)",
  "SELECT extract(year FROM born) AS y, floor(income / 10000) * 10000 AS band, count(*) FROM person GROUP BY 1, 2",
  "SELECT quantile_cont(income, 0.5), median(tax) FROM person",
  "SELECT count(*) FROM person WHERE income > (SELECT avg(income) FROM person)",
  "SELECT interval 3 days + DATE '2020-02-29', 1e10 ** 2, -5 % 3, ~7, 'a' || 'b', NOT NULL IS TRUE, 5 !~ 'x'",
  "SELECT DISTINCT ON (district) district, area FROM region ORDER BY district, area DESC",
  "SELECT a.district FROM region a NATURAL JOIN region b SEMI JOIN region c USING (district) ASOF JOIN region d ON a.area >= d.area",
];

/** What stands in nobody's way but a mistake's: pieces that mutations put in. */
export const pieces: readonly string[] = [
  ..."( ) [ ] { } , ; . : :: := -> ->> + - * / // % ^ ** = <> < > <= >= || @ ~ ! ? $1 :p #1 & | << >>".split(" "),
  ..."SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET UNION ALL EXCEPT INTERSECT JOIN LEFT FULL CROSS LATERAL ON USING WITH".split(
    " ",
  ),
  ..."RECURSIVE AS DISTINCT CASE WHEN THEN ELSE END NOT NULL IS IN LIKE ILIKE SIMILAR BETWEEN AND OR EXISTS ANY FILTER OVER".split(
    " ",
  ),
  ..."PARTITION ROWS RANGE UNBOUNDED PRECEDING WINDOW QUALIFY ROLLUP CUBE GROUPING SETS PIVOT UNPIVOT TABLESAMPLE COLLATE".split(
    " ",
  ),
  ..."id born district level income tax note cost day icd10 worker employer wage insured north area w0 w1 w2 w3 w4 rowid __rk_id".split(
    " ",
  ),
  ..."person visit employment region wide __r1 duckdb_settings() information_schema.tables 'x' '' '中' E'\\n' $$;$$ \"\" \"a b\"".split(
    " ",
  ),
  ..."0 1 -1 0.1 1e308 1e-308 1e999 9223372036854775807 170141183460469231731687303715884105728 0x7f NaN 'inf'::double".split(
    " ",
  ),
  ..."count( sum( avg( min( list( any_value( random() now() getenv( current_setting( read_csv( abs( ln( date_trunc( strftime( error(".split(
    " ",
  ),
  ..."::INTEGER ::VARCHAR ::DATE ::DECIMAL(38,37) ::INTEGER[] ::STRUCT(a INT) INTERVAL DATE TIMESTAMP TRUE FALSE NULL".split(" "),
  "-- ",
  "/*",
  "*/",
  "\n",
  "\u00a0",
  "\u200b",
  "\u202e",
  "𠀀",
  "é",
  "e\u0301",
  "\u0000",
  "\ud800",
  "\ufeff",
];

const words = (text: string): readonly string[] => text.split(" ");

/** Tokens that may stand where another of their kind stood: statements that still parse, and mean something else. */
export const kindred: readonly { readonly like: RegExp; readonly others: readonly string[] }[] = [
  {
    like: /^(id|born|district|level|income|tax|note|cost|day|icd10|worker|employer|wage|insured|north|area|w\d+)$/,
    others: words(
      "id born district level income tax note cost day icd10 worker employer wage insured north area w0 w1 w2 w3 w4 n c *",
    ),
  },
  { like: /^(person|visit|employment|region|wide)$/, others: words("person visit employment region wide t r (VALUES(1))") },
  {
    like: /^(count|sum|avg|stddev|corr|median|quantile_cont|rank|row_number|max|upper|floor|coalesce|list_transform)$/,
    others: words(
      "count sum avg min max stddev_pop var_samp skewness median mode any_value list string_agg first arg_max corr regr_slope entropy rank ntile lag cume_dist upper lower length abs floor round ln sqrt exp power year date_trunc concat hash md5 nullif greatest least coalesce struct_pack unnest range list_sum",
    ),
  },
  {
    like: /^\d+(\.\d+)?$/,
    others: words("0 1 2 3 10 100 1000 5000 0.5 1e3 1e300 -1 2147483648 9223372036854775808 1.000000000000000000001 NULL"),
  },
  {
    like: /^'/,
    others: [
      "'a'",
      "''",
      "'%'",
      "'2024-01-01'",
      "'B2%'",
      "'中山'",
      "'1'",
      "DATE '2020-02-29'",
      "NULL",
      "TRUE",
      "['a']",
      "INTERVAL 1 DAY",
    ],
  },
  {
    like: /^(<=|>=|<>|=|<|>)$/,
    others: [...words("<= >= <> = < > + - * / // % || ^"), " IS DISTINCT FROM ", " LIKE ", " AND ", " IN "],
  },
  { like: /^(AND|OR)$/, others: words("AND OR = +") },
  {
    like: /^(JOIN)$/,
    others: [
      "JOIN",
      "LEFT JOIN",
      "FULL JOIN",
      "SEMI JOIN",
      "ANTI JOIN",
      "NATURAL JOIN",
      "ASOF JOIN",
      "CROSS JOIN",
      "POSITIONAL JOIN",
    ],
  },
  { like: /^(UNION|EXCEPT)$/, others: ["UNION", "UNION ALL", "EXCEPT", "INTERSECT", "UNION ALL BY NAME"] },
  { like: /^(EXISTS|NOT)$/, others: ["NOT", "EXISTS", "NOT EXISTS", "-", "~"] },
  { like: /^(DESC|ASC)$/, others: ["DESC NULLS FIRST", "ASC NULLS LAST", ""] },
  { like: /^DISTINCT$/, others: ["", "ALL", "DISTINCT", "DISTINCT ON (1)"] },
];
