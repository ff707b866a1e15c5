import t from "tap";
import { refTo } from "../../../src/policy/query/resolve/field.ts";
import { checkCondition } from "../../../src/policy/query/subject/condition.ts";
import { checkGroupKey } from "../../../src/policy/query/subject/group-key.ts";
import { keyOf, labelOf } from "../../../src/policy/query/subject/label.ts";
import { linearBranches } from "../../../src/policy/query/subject/measure.ts";

/** No FROM clause mixes protected with other rows today; the rules must not hang on that. */
const released = refTo({ kind: "free", source: "t1", column: 'c"1' }, 7);

t.test("a released column is no condition and no measure over protected rows", async (t) => {
  t.throws(() => checkCondition(released), { code: "QUERY_CONDITION", at: 7 });
  t.doesNotThrow(() => checkGroupKey(released), "rows joined beside protected ones may divide them");
  t.throws(() => linearBranches(released), { code: "QUERY_MEASURE_SHAPE", at: 7 });
});

t.test("a released column has a key of its own and is read by its name", async (t) => {
  t.equal(keyOf(released), String.raw`t1."c\"1"`);
  t.equal(labelOf(released), 'c"1');
});

t.test("a pattern without operands is refused, should the catalogue ever let one pass", async (t) => {
  t.throws(() => checkCondition({ kind: "call", fn: "~~", args: [], at: undefined }), { code: "QUERY_CONDITION" });
});
