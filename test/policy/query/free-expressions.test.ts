import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { show } from "./duckdb-harness.ts";
import { refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

/** One row each, so that there is no order to lose. */
const expressions: readonly string[] = [
  "123456789012345678901234567890, 12345678901234567890, -170141183460469231731687303715884105728",
  "340282366920938463463374607431768211455, 9223372036854775808, 9007199254740993",
  "123456789012345678.123456789, 12345678901234567890123456789012345.123, -0.5, 5.",
  "[1, 2, NULL], {'a': 1, 'b': [2]}, MAP {'k': 1}, row(1, 'x'), ARRAY[1, 2]",
  "[1, 2, 3][2], 'abc'[2], [1, 2, 3][1:2], [1, 2, 3, 4][1:4:2], {'a': 1}.a, ({'a': 1}).a, {'a': 1}['a'], MAP {'k': 1}['k']",
  "list_transform([1, 2], x -> x + 1), list_filter([1, 2, 3], lambda x: x > 1), [x * 2 FOR x IN [1, 2, 3] IF x > 1]",
  "list_transform([5, 6], lambda x, i: x * i), list_reduce([1, 2, 3], lambda a, b: a + b)",
  "list_transform([1, 2], lambda x: list_transform([3], lambda y: x * y))",
  "list_transform([{'a': 1}], lambda s: s.a + 1), struct_pack(a := 1, b := 'x'), struct_insert({'a': 1}, b := 2)",
  "'a' SIMILAR TO '[ab]', 'a' ~ 'b', 'ab' GLOB 'a*', 'a%' LIKE 'a!%' ESCAPE '!', 'A' ILIKE 'a'",
  "regexp_extract('ab12', '[0-9]+'), regexp_replace('aab', 'a', 'x', 'g'), regexp_matches('abc', 'b')",
  "TRY(CAST('x' AS INTEGER)), TRY_CAST('x' AS DATE), 'a' COLLATE NOCASE = 'A'",
  "CAST([1] AS VARCHAR[]), {'a': 1}::STRUCT(a VARCHAR), MAP {'a': 1}::MAP(VARCHAR, BIGINT), [1, 2]::INTEGER[2], 1::UTINYINT",
  "'\\xAA'::BLOB, TIME '10:20:30', DATE '2024-02-29', TIMESTAMP '2024-01-01 01:02:03', INTERVAL '1 year 2 days', '5 days'::INTERVAL",
  "5!, @(-3), 2 ^ 3, 2 ** 3, ~1, 1 & 3, 1 | 2, 1 << 2, xor(1, 3), [1] && [1], [1, 2] @> [1], 'ab' ^@ 'a'",
  "position('b' IN 'abc'), substring('abc' FROM 2), ltrim('xax', 'x'), extract(dow FROM DATE '2024-01-01')",
  "if(TRUE, 1, 2), ifnull(NULL, 1), nullif(1, 2), CASE 1 WHEN 1 THEN 'a' END, 1 IS NOT DISTINCT FROM NULL, 1 BETWEEN 0 AND 2",
  "1 IN [1, 2], (1, 2) IN ((1, 2), (3, 4)), date_part('year', DATE '2024-01-01'), age(DATE '2024-01-01', DATE '2023-01-01')",
  "md5('x'), sha256('x'), hash(1), base64('a'::BLOB), to_json({'a': 1}), json_extract_string('{\"a\": 1}', '$.a'), '{\"a\": 1}' ->> 'a'",
  "list_sort([3, 1, 2]), list_distinct([1, 1]), list_sum([1, 2]), array_to_string(['a', 'b'], ','), string_split('a,b', ','), flatten([[1], [2]])",
  "greatest(1, 2), atan2(1, 2), factorial(4), gcd(4, 6), bit_count(7), even(2.5), pi(), format('{} {}', 1, 'x'), printf('%d', 3)",
  "s.a, s.b.c, t.s.b.c, t FROM (SELECT {'a': 1, 'b': {'c': 2}} AS s) t",
  "geomean(x), string_agg(DISTINCT x ORDER BY x DESC), histogram(x), arg_max(x, -x), bit_or(x), list(x ORDER BY x DESC), mad(x) FROM (VALUES (1), (2), (2)) v(x)",
  "(SELECT list(y ORDER BY y) FROM (SELECT unnest([x, x + 1]) AS y)) FROM (VALUES (1)) v(x)",
];

t.test("expressions over free rows give exactly the engine's own values, types and names", async (t) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  t.teardown(() => connection.closeSync());
  for (const expression of expressions) {
    const sql = `SELECT ${expression}`;
    const plain = await connection.runAndReadAll(sql);
    const governed = await show(sql, sampleSchema, connection).catch((error: unknown) => ({
      rows: [String(error)],
      columns: [],
    }));
    t.same(governed.rows, plain.getRowsJson(), sql);
    t.same(governed.columns, plain.columnNames(), `names of ${sql}`);
  }
});

t.test("forms that are not taken are refused by name", async (t) => {
  for (const [sql, found] of [
    ["SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00'", "the type TIMESTAMP WITH TIME ZONE"],
    ["SELECT 'a' COLLATE DE = 'b'", "the collation de"],
    ["SELECT NULL::VARIANT", "the type"],
    ["SELECT round(x := 1.5)", "a named argument of round"],
    ["SELECT current_setting('threads')", "the function current_setting"],
    ["SELECT list_aggregate([1], 'reservoir_quantile', 0.5)", "list_aggregate by what names no aggregate"],
    ["SELECT list_aggregate([1], 'su' || 'm')", "list_aggregate by what names no aggregate"],
    ["SELECT NULL::TIMETZ", "the type TIME WITH TIME ZONE"],
    ["SELECT NULL::main.mood", "rejected"],
    ["SELECT NULL::nowhere", "rejected"],
    ['SELECT "[]"([1], 1)', "rejected"],
    ["SELECT collate('a', 'b')", "something that is not"],
    ["SELECT count(grades[1]) FROM employment", "the operator []"],
    ["SELECT count(list_transform(grades, x -> x)) FROM employment", "the function list_transform"],
    ["SELECT sum(list_sum(grades)) FROM employment", "the function list_sum"],
    ["SELECT count(*) FROM employment WHERE TRY(level > 1)", "the function try"],
    ["SELECT count(*) FROM employment WHERE position COLLATE NOCASE = 'x'", "the function collate"],
    ["SELECT count(person) FROM person", "the name person"],
    ["SELECT count(*) FROM employment WHERE list_filter(grades, x -> x > 1) IS NULL", "figures that look"],
  ] as const) {
    const answer = await refusalOf(sql);
    const text = typeof answer === "string" ? answer : answer.found;
    t.ok(text.startsWith(found), `${sql} → ${text}`);
  }
});
