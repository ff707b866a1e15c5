import t from "tap";
import { textPosition } from "../../../src/policy/query/text-position.ts";

t.test("byte offsets become lines and characters, also behind Chinese text", async (t) => {
  t.same(textPosition("SELECT x", 7), { line: 1, column: 8 });
  t.same(textPosition("SELECT '含光', x", 17), { line: 1, column: 14 }, "three bytes a character");
  t.same(textPosition("SELECT\n  '😀', x", 17), { line: 2, column: 8 }, "four bytes, one character");
  t.same(textPosition("abc", 999), { line: 1, column: 4 }, "an offset behind the end is the end");
});
