import t from "tap";
import { compileQuery, platformFloor, type QueryRefusalCode, refusalTexts } from "../../../src/policy/query/index.ts";
import { codeOf, refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

const wide = Array.from({ length: 201 }, (_unused, i) => `count(*) AS c${i}`).join(", ");

/** Met elsewhere: by trees that are none, and by values beside a statement (parameters.test.ts). */
type OtherCode =
  | "QUERY_UNREADABLE"
  | "QUERY_TOO_DEEP"
  | "QUERY_PARAMETER_INVALID"
  | "QUERY_PARAMETER_UNUSED"
  | "QUERY_PARAMETER_PLACE";

/** One statement a code, so that no code stands without the case it is for. */
const examples: Readonly<Record<Exclude<QueryRefusalCode, OtherCode>, string>> = {
  QUERY_TOO_LARGE: `SELECT ${wide} FROM person`,
  QUERY_NOT_ONE_SELECT: "DROP TABLE person",
  QUERY_NODE_UNKNOWN: "SELECT count(*) FROM (DESCRIBE region)",
  QUERY_CLAUSE_UNSUPPORTED: "SELECT gender FROM person UNION ALL SELECT 'x'",
  QUERY_FUNCTION_NOT_LISTED: "SELECT random()",
  QUERY_LITERAL_UNSUPPORTED: "SELECT [1, 2][:1]",
  QUERY_TYPE_UNSUPPORTED: "SELECT CAST('x' AS TIMESTAMPTZ)",
  QUERY_PARAMETER_UNKNOWN: "SELECT $x",
  QUERY_NAME_UNKNOWN: "SELECT rowid FROM person",
  QUERY_NAME_AMBIGUOUS: "SELECT t.a FROM (SELECT 1 AS a, 2 AS a) t",
  QUERY_ROWS_NOT_SHOWN: "SELECT * FROM person",
  QUERY_ROW_CHOICE: "SELECT count(*) FROM (SELECT district FROM person LIMIT 5)",
  QUERY_JOIN_NOT_BY_OWNER: "SELECT count(*) FROM person a JOIN person b USING (district)",
  QUERY_JOIN_KIND: "SELECT count(*) FROM person FULL JOIN visit USING (id_card)",
  QUERY_SUBQUERY: "SELECT count(*) FROM person WHERE EXISTS (SELECT 1 FROM visit WHERE cost >= 500)",
  QUERY_IDENTIFIER_USE: "SELECT count(*) FROM person WHERE name = '张三'",
  QUERY_FREE_TEXT_USE: "SELECT count(*) FROM employment WHERE note = 'x'",
  QUERY_GROUP_BY_OWNER: "SELECT worker, count(*) FROM employment GROUP BY worker",
  QUERY_GROUP_KEY: "SELECT income, count(*) FROM person GROUP BY income",
  QUERY_CONDITION: "SELECT count(*) FROM person WHERE length(district) = 3",
  QUERY_CONDITION_TYPES: "SELECT count(*) FROM person WHERE district = 3",
  QUERY_MEASURE_CONDITION: "SELECT count(*) FROM person WHERE income = 10000",
  QUERY_OFF_GRID: "SELECT count(*) FROM person WHERE income > 12345",
  QUERY_AGGREGATE_REFUSED: "SELECT max(income) FROM person",
  QUERY_MEASURE_SHAPE: "SELECT sum(greatest(income, 5000000)) FROM person",
  QUERY_FALLIBLE: "SELECT count(*) FROM person WHERE CAST(district AS INTEGER) = 1",
};

t.test("every refusal code has a statement that meets it", async (t) => {
  for (const [code, sql] of Object.entries(examples)) t.equal(await codeOf(sql), code, sql);
});

t.test("a tree that is not what the platform knows is refused, whatever is wrong with it", async (t) => {
  const compile = (ast: string): string => {
    const answer = compileQuery({ text: "SELECT 1", ast, boundColumns: [], schema: sampleSchema, rules: platformFloor });
    return answer.kind === "refused" ? answer.code : answer.kind;
  };
  t.equal(compile("{"), "QUERY_UNREADABLE");
  t.equal(compile("[]"), "QUERY_UNREADABLE");
  t.equal(compile('{"error":false,"statements":{}}'), "QUERY_UNREADABLE");
  t.equal(compile('{"error":false,"statements":[]}'), "QUERY_NOT_ONE_SELECT");
  t.equal(compile('{"error":true}'), "QUERY_NOT_ONE_SELECT");
  t.equal(compile(`${"[".repeat(5000)}${"]".repeat(5000)}`), "QUERY_TOO_DEEP");
  t.equal(compile(`"${"[".repeat(5000)}\\"[[["`), "QUERY_UNREADABLE", "brackets inside texts are no nesting");
  t.equal(compile(" ".repeat(17 * 1024 * 1024)), "QUERY_TOO_LARGE");
});

t.test("a refusal names rule, place, what was found and what to write instead", async (t) => {
  const refusal = await refusalOf("SELECT count(*)\nFROM person\nWHERE gender = '男' AND name = '张三'");
  t.match(refusal, {
    kind: "refused",
    code: "QUERY_IDENTIFIER_USE",
    at: { line: 3, column: 24 },
    rule: refusalTexts.QUERY_IDENTIFIER_USE.rule,
    found: "the identifier name in an expression",
    instead: refusalTexts.QUERY_IDENTIFIER_USE.instead,
  });
});

t.test("a refusal without a place has none, instead of a wrong one", async (t) => {
  t.match(await refusalOf("DROP TABLE person"), { at: undefined });
});
