import t from "tap";
import { compileQuery, platformFloor, refusalTexts } from "../../../src/policy/query/index.ts";
import { refusalOf } from "./refusals.ts";
import { sampleSchema } from "./sample-schema.ts";

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
    instead: "Leave name out. Describe people by birth_date, gender, district.",
  });
});

t.test("a refusal without a place has none, instead of a wrong one", async (t) => {
  t.match(await refusalOf("DROP TABLE person"), { at: undefined });
});
