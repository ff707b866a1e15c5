import t from "tap";
import { canonicalText } from "../../../src/policy/query/tree/canonical.ts";
import type { Expr, WindowExpr } from "../../../src/policy/query/tree/expression.ts";

type Plain = Expr<string, string>;

const text = (expr: Plain): string => canonicalText(expr, { ref: (ref) => ref, query: (query) => query });
const ref = (name: string): Plain => ({ kind: "ref", ref: name, at: undefined });
const yes: Plain = { kind: "literal", value: { type: "boolean", value: true }, at: undefined };

t.test("expressions read as they are written", async (t) => {
  const window: WindowExpr<string, string> = {
    kind: "window",
    fn: "lag",
    args: [ref("a")],
    partition: [ref("p")],
    order: [{ expr: ref("o"), direction: "desc", nulls: "last" }],
    distinct: false,
    ignoreNulls: true,
    filter: ref("f"),
    argOrder: [{ expr: ref("b"), direction: undefined, nulls: undefined }],
    frame: { unit: "ROWS", start: "UNBOUNDED PRECEDING", end: "CURRENT ROW", exclude: "TIES" },
    at: undefined,
  };
  t.equal(
    text(window),
    "lag(a order by b ignore nulls) filter (f) over (partition by p order by o desc nulls last ROWS between UNBOUNDED PRECEDING and CURRENT ROW exclude TIES)",
  );
  const bare = { ...window, ignoreNulls: false, filter: undefined, argOrder: [], order: [], partition: [] };
  t.equal(text({ ...bare, distinct: true, frame: undefined }), "lag(distinct a) over ()");
  const offset = { offset: ref("n"), direction: "FOLLOWING" } as const;
  t.equal(
    text({ ...bare, frame: { unit: "RANGE", start: "CURRENT ROW", end: offset, exclude: undefined } }),
    "lag(a) over (RANGE between CURRENT ROW and n FOLLOWING)",
  );
  const call = (fn: string, ...names: string[]): Plain => ({ kind: "call", fn, args: names.map(ref), at: undefined });
  t.equal(text(call("~~", "a", "b")), "(a like b)");
  t.equal(text(call("%", "a", "b")), "(a % b)");
  t.equal(text(call("-", "a")), "-(a)");
  t.equal(text(call("left", "a", "b")), "left(a, b)");
  t.equal(text({ kind: "call", fn: "struct_pack", args: [ref("a")], names: ["x"], at: undefined }), 'struct_pack(["x"]: a)');
  const compared = (op: "distinct" | "not-distinct" | "=", right: Plain): string =>
    text({ kind: "compare", op, left: ref("a"), right, at: undefined });
  t.equal(compared("distinct", yes), "(a is not true)");
  t.equal(compared("not-distinct", yes), "(a is true)");
  t.equal(compared("=", yes), "(a = TRUE)");
  t.equal(compared("distinct", ref("b")), "(a is distinct from b)");
  t.equal(compared("not-distinct", { kind: "literal", value: { type: "null" }, at: undefined }), "(a is not distinct from NULL)");
});
