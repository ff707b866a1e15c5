import t from "tap";
import { emitExpression } from "../../../src/policy/query/emit/expression.ts";
import { createRecorder } from "../../../src/policy/query/emit/recorder.ts";
import { createEnv } from "../../../src/policy/query/plan/env.ts";
import { shapeOfQuery } from "../../../src/policy/query/plan/free-shape.ts";
import { plainQuery } from "../../../src/policy/query/plan/query-plan.ts";
import { refTo } from "../../../src/policy/query/resolve/field.ts";
import { basesOf } from "../../../src/policy/query/subject/bases.ts";
import { checkCondition } from "../../../src/policy/query/subject/condition.ts";
import { createDerivedBook, measureSpec } from "../../../src/policy/query/subject/derive.ts";
import { checkGroupKey } from "../../../src/policy/query/subject/group-key.ts";
import { keyOf, labelOf } from "../../../src/policy/query/subject/label.ts";
import { linearBranches } from "../../../src/policy/query/subject/measure.ts";
import { ownedFigure } from "../../../src/policy/query/subject/owned.ts";
import { numberLiteral } from "../../../src/policy/query/tree/make.ts";
import { sampleSchema } from "./sample-schema.ts";

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

t.test("an aggregate without an argument is refused, should the catalogue ever let one pass", async (t) => {
  const sum = { kind: "aggregate", fn: "sum", args: [], distinct: false, filter: undefined, order: [], at: 3 } as const;
  const context = {
    book: createDerivedBook("t1", { outer: new Set(), chosen: false }),
    given: [],
    unconditional: true,
    per: " per person",
  };
  t.throws(() => ownedFigure(sum, context), { code: "QUERY_AGGREGATE_REFUSED", at: 3 });
});

t.test("rows that a select list multiplies are not unique", async (t) => {
  const env = createEnv(sampleSchema, () => {
    throw new Error("nothing is compiled here");
  });
  const limit = { count: numberLiteral("1", "integer"), percent: false };
  const query = { ...plainQuery, from: { kind: "none" }, limit } as const;
  const items = [{ kind: "call", fn: "unnest", args: [], at: undefined } as const];
  t.same(shapeOfQuery({ ...query, items }, env).unique, []);
  t.same(shapeOfQuery({ ...query, items: [] }, env).unique, [[]], "one row at most");
});

t.test("a pattern without operands is refused, should the catalogue ever let one pass", async (t) => {
  t.throws(() => checkCondition({ kind: "call", fn: "~~", args: [], at: undefined }), { code: "QUERY_CONDITION" });
});

t.test("what differs has another key: names, frames, filters, DISTINCT", async (t) => {
  const window = {
    kind: "window",
    fn: "sum",
    args: [released],
    partition: [],
    order: [],
    distinct: false,
    ignoreNulls: false,
    filter: undefined,
    argOrder: [],
    frame: undefined,
    at: undefined,
  } as const;
  const offset = { offset: released, direction: "PRECEDING" } as const;
  const frame = { unit: "ROWS", start: offset, end: "CURRENT ROW", exclude: undefined } as const;
  const call = { kind: "call", fn: "struct_pack", args: [released], at: undefined } as const;
  const lambda = { kind: "lambda", parameters: ["t9"], body: released, at: undefined } as const;
  const all = [window, { ...window, distinct: true }, { ...window, filter: released }, { ...window, frame }];
  const keys = [...all, call, { ...call, names: ["a"] }, lambda].map(keyOf);
  t.equal(new Set(keys).size, 7);
});

t.test("a call that no catalogue has is still written as a call", async (t) => {
  const recorder = createRecorder(() => "", false);
  t.equal(emitExpression({ kind: "call", fn: "nothing", args: [released], at: undefined }, recorder), '"nothing"("t1"."c""1")');
  t.equal(emitExpression({ kind: "call", fn: "[:]", args: [released], at: undefined }, recorder), '("t1"."c""1")[:]');
  t.equal(emitExpression({ kind: "call", fn: ".", args: [released], at: undefined }, recorder), '("t1"."c""1").""');
});

t.test("columns united of very many tables are not multiplied", async (t) => {
  const bases = Array.from({ length: 40 }, (_unused, i) => `t${i}.x`);
  const spec = { ...measureSpec("x", "DOUBLE", undefined), bases };
  const field = createDerivedBook("t1", { outer: new Set(), chosen: false }).add(released, spec);
  const factor = { kind: "ref", ref: field, at: undefined } as const;
  t.equal(basesOf([factor]).length, 40);
  t.throws(() => basesOf([factor, factor]), { code: "QUERY_TOO_LARGE" });
});
