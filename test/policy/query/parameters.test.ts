import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import {
  bindParameters,
  checkParameters,
  engineText,
  parameterAt,
  type WrittenParameters,
} from "../../../src/policy/query/index.ts";
import { findMarkers } from "../../../src/policy/query/parameters/markers.ts";
import { astOf, compileText } from "./duckdb-harness.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
t.teardown(() => {
  connection.closeSync();
  instance.closeSync();
});

/** A tree without the places, which differ because the texts do. */
const placeless = (ast: string): unknown => JSON.parse(ast.replaceAll(/"query_location":\d+/g, '"query_location":0'));

/** A value as a parameter, and as an operator would have written it. */
const written: readonly (readonly [string, WrittenParameters[string]["value"], string])[] = [
  ["BOOLEAN", true, "true"],
  ["BOOLEAN", false, "false"],
  ["INTEGER", 0, "0"],
  ["INTEGER", -5, "-5"],
  ["INTEGER", "2147483647", "2147483647"],
  ["BIGINT", 2_147_483_648, "2147483648"],
  ["BIGINT", "-999999999999999", "-999999999999999"],
  ["DOUBLE", 2000, "2e3"],
  ["DOUBLE", 0.1, "1e-1"],
  ["DOUBLE", 1.5e300, "1.5e300"],
  ["DECIMAL(12,2)", "12.50", "12.50"],
  ["DECIMAL(12,2)", "-0.5", "-0.50"],
  ["DECIMAL(12, 3)", "1", "1.000"],
  ["VARCHAR", "O'Brien", "'O''Brien'"],
  ["VARCHAR", "x' OR 1=1 --\\", "'x'' OR 1=1 --\\'"],
  ["VARCHAR", "", "''"],
  ["DATE", "2026-01-31", "DATE '2026-01-31'"],
  ["TIMESTAMP", "2026-01-31 23:59:59", "TIMESTAMP '2026-01-31 23:59:59'"],
  ["VARCHAR", null, "NULL"],
  ["DATE", null, "NULL"],
];

t.test("a bound tree is, to the letter, the engine's tree of the statement with the value written", async (t) => {
  for (const [type, value, literal] of written) {
    const parameters = { p: { type, value } };
    const statement = (x: string) =>
      `WITH c AS (SELECT ${x} AS a FROM person WHERE district = ${x} OR level IN (1, ${x})) SELECT sum(CASE WHEN f(${x}) THEN 2e3 END) FROM c, (VALUES (${x})) v LIMIT 5`;
    const text = statement(":p");
    const tree = bindParameters({ text, ast: await astOf(connection, engineText(text, parameters)), parameters });
    if ("kind" in tree) throw new Error(JSON.stringify(tree));
    const expected = placeless(await astOf(connection, statement(literal)));
    t.strictSame(placeless(tree.ast), expected, `${type} ${String(value)}`);
    const back = await connection.runAndReadAll("SELECT json_deserialize_sql($1::JSON)", [tree.ast]);
    const again = await astOf(connection, String(back.getRowsJson()[0]?.[0]));
    t.match(JSON.parse(again), { error: false }, "and the engine reads it back");
  }
});

t.test("a tree without parameters comes back as it is", async (t) => {
  const text = 'SELECT \'"class":"PARAMETER"\' AS x';
  const ast = await astOf(connection, text);
  t.strictSame(bindParameters({ text, ast, parameters: {} }), { ast, bound: false });
});

t.test("a value that is not of its type is refused, and so is what is no parameter", (t) => {
  const wrong: readonly (readonly [string, WrittenParameters[string]["value"]])[] = [
    ["BOOLEAN", "true"],
    ["BOOLEAN", 1],
    ["INTEGER", 1.5],
    ["INTEGER", 2_147_483_648],
    ["INTEGER", "1; DROP TABLE person"],
    ["INTEGER", "0x10"],
    ["INTEGER", " 1"],
    ["INTEGER", true],
    ["BIGINT", "9007199254740993"],
    ["BIGINT", 1e21],
    ["DOUBLE", "1"],
    ["DOUBLE", "NaN"],
    ["DECIMAL(4,2)", "123.45"],
    ["DECIMAL(4,2)", "1.234"],
    ["DECIMAL(4,2)", 1.5],
    ["DECIMAL(4,2)", "1e3"],
    ["DECIMAL(38,2)", "1234567890123456.00"],
    ["VARCHAR", 5],
    ["VARCHAR", ["a"]],
    ["VARCHAR", { a: 1 }],
    ["VARCHAR", "a\u0000b"],
    ["VARCHAR", "\ud800"],
    ["DATE", "2026-02-30"],
    ["DATE", "2026-01-31 10:00"],
    ["DATE", "01/31/2026"],
    ["DATE", 20260131],
    ["TIMESTAMP", "2026-01-31 25:00"],
    ["TIMESTAMP", "now"],
    ["TIMESTAMP", 0],
    ["UUID", "x"],
    ["date", "2026-01-31"],
    ["DECIMAL(39,2)", "1.00"],
    ["DECIMAL(0,0)", "1"],
    ["DECIMAL(2,3)", "1"],
    ["VARCHAR); DROP TABLE person", "x"],
    ["__proto__", "x"],
  ];
  for (const [type, value] of wrong)
    t.match(
      checkParameters({ p: { type, value } }),
      { code: "QUERY_PARAMETER_INVALID", at: undefined },
      `${type} ${String(value)}`,
    );
  for (const name of ["", "1", "a b", "名", "a-b", "p".repeat(64), "x'"])
    t.match(checkParameters({ [name]: { type: "VARCHAR", value: "x" } }), { code: "QUERY_PARAMETER_INVALID" }, name);
  const twice = { from: { type: "INTEGER", value: 1 }, FROM: { type: "INTEGER", value: 2 } };
  t.match(checkParameters(twice), { code: "QUERY_PARAMETER_INVALID", found: "two parameters named FROM" });
  const many = Object.fromEntries(Array.from({ length: 101 }, (_unused, i) => [`p${i}`, { type: "INTEGER", value: i }]));
  t.match(checkParameters(many), { code: "QUERY_TOO_LARGE" });
  t.equal(checkParameters({}), undefined);
  t.end();
});

t.test("marks are found where the engine reads parameters, and nowhere else", (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["SELECT :a, $b,:c+$d", ["a", "b", "c", "d"]],
    ["SELECT ':a', \":b\", E'\\':c', e'it''s :d', 'x'':e'", []],
    ["SELECT 1 -- :a\n, :b", ["b"]],
    ["SELECT /* :a /* :b */ :c */ :d", ["d"]],
    ["SELECT $$ :a $$, $t$ :b $$ $t$, :c", ["c"]],
    ["SELECT x::date, a$b, a:b, x :: d, t.c", []],
    ["SELECT type':a', xe':b', :e':c'", ["e"]],
    ["SELECT :1, ? , $1, : a, :", []],
    ["SELECT 名:a, :a名", ["a名"]],
    ["SELECT 'open :a", []],
    ["SELECT E'open :a", []],
    ["SELECT /* open :a", []],
    ["SELECT $x$ open :a", []],
    ['SELECT "open :a', []],
    ["'", []],
  ];
  for (const [text, names] of cases)
    t.strictSame(
      findMarkers(text).map((marker) => marker.name),
      names,
      text,
    );
  t.end();
});

t.test("only marks of parameters that were given become the engine's, byte for byte", (t) => {
  const text = "SELECT ':from', 含 :From, x::date, :other FROM t";
  const made = engineText(text, { from: { type: "INTEGER", value: 1 } });
  t.equal(made, "SELECT ':from', 含 $From, x::date, :other FROM t");
  t.equal(Buffer.byteLength(made), Buffer.byteLength(text));
  t.end();
});

t.test("a missing, an unused and a misplaced parameter are refused at their places", async (t) => {
  const from = { from: { type: "DATE", value: "2000-01-01" } };
  t.match(await refusalOf("SELECT count(*)\nFROM person WHERE birth_date > $from AND birth_date < $till", from), {
    code: "QUERY_PARAMETER_UNKNOWN",
    at: { line: 2, column: 55 },
    found: "the parameter till",
  });
  t.match(await refusalOf("SELECT count(*) FROM person WHERE birth_date > ?"), {
    code: "QUERY_PARAMETER_UNKNOWN",
    at: undefined,
  });
  t.match(await refusalOf("SELECT count(*) FROM person WHERE gender = ':from'", from), {
    code: "QUERY_PARAMETER_UNUSED",
    found: "the parameter from",
  });
  const one = { n: { type: "INTEGER", value: 1 } };
  for (const sql of [
    "SELECT district, count(*) FROM person GROUP BY :n",
    "SELECT district, count(*) FROM person GROUP BY ALL ORDER BY :n",
    "SELECT sum(x) OVER (ORDER BY $n) FROM (VALUES (1)) t(x)",
  ])
    t.match(await refusalOf(sql, one), { code: "QUERY_PARAMETER_PLACE", found: /the parameter n/ }, sql);
  t.match(parameterAt("SELECT 含,\n :from, :till", { line: 2, column: 9 }, from), {
    code: "QUERY_PARAMETER_UNKNOWN",
    at: { line: 2, column: 9 },
    found: "the parameter till",
  });
  t.equal(parameterAt("SELECT :from", { line: 1, column: 1 }, {}), undefined);
  t.equal(parameterAt("SELECT :from", undefined, {}), undefined);
  t.match(parameterAt("SELECT 1 FROM :FROM", { line: 1, column: 15 }, from), { code: "QUERY_PARAMETER_PLACE" });
});

t.test("a parameter stands for a literal wherever one may stand", async (t) => {
  for (const [sql, type, value] of [
    ["SELECT district, count(*) FROM person WHERE birth_date >= :p GROUP BY district", "DATE", "1980-01-01"],
    ["SELECT date_trunc(:p, birth_date) AS d, count(*) FROM person GROUP BY ALL", "VARCHAR", "year"],
    ["SELECT count(*) FROM person WHERE income >= $p", "INTEGER", 20_000],
    ["SELECT count(*) FROM person WHERE district LIKE :p", "VARCHAR", "北%"],
    ["SELECT count(*) FROM person WHERE district IN (:p, 'x')", "VARCHAR", "y"],
    ["SELECT district, count(*) AS n FROM person GROUP BY district ORDER BY n LIMIT :p", "INTEGER", 5],
    ["SELECT count(*) > :p AS big, :p AS bound FROM person", "INTEGER", 5],
    ["SELECT floor(income / :p) * :p AS band, count(*) FROM person GROUP BY ALL", "INTEGER", 10_000],
    ["SELECT count(*) FROM employment WHERE since < :p AND insured = true", "TIMESTAMP", "2020-01-01 00:00:00"],
    ["SELECT * FROM (VALUES (:p), (2.0)) t(x)", "DECIMAL(5,1)", "1.5"],
  ] as const) {
    const outcome = await compileText(sql, sampleSchema, undefined, { p: { type, value } });
    t.equal(outcome.kind, "draft", sql);
  }
});

t.test("every rule judges the value as if it were written", async (t) => {
  for (const [sql, type, value, literal, code] of [
    ["SELECT count(*) FROM person WHERE name = :p", "VARCHAR", "张三", "'张三'", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM person WHERE id_card IN (:p)", "VARCHAR", "x", "'x'", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM employment WHERE note = :p", "VARCHAR", "x", "'x'", "QUERY_FREE_TEXT_USE"],
    ["SELECT count(*) FROM person WHERE income >= :p", "INTEGER", 12_345, "12345", "QUERY_OFF_GRID"],
    ["SELECT count(*) FROM person WHERE income = :p", "INTEGER", 20_000, "20000", "QUERY_MEASURE_CONDITION"],
    ["SELECT count(*) FROM person WHERE district = :p", "INTEGER", 3, "3", "QUERY_CONDITION_TYPES"],
    ["SELECT count(*) FROM person WHERE birth_date > :p", "VARCHAR", "soon", "'soon'", "QUERY_CONDITION_TYPES"],
    ["SELECT sum(income * :p) FROM person", "DOUBLE", Number.MAX_VALUE, "1.7976931348623157e308", "draft"],
  ] as const) {
    t.equal(await codeOf(sql.replace(":p", literal)), code === "draft" ? "compiled" : code, `written: ${sql}`);
    t.equal(await codeOf(sql, { p: { type, value } }), code === "draft" ? "compiled" : code, `bound: ${sql}`);
  }
});
