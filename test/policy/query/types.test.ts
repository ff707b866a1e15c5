import t from "tap";
import { isNumeric, sumsExactly, typeFamily } from "../../../src/policy/query/types.ts";

t.test("types fall into the families that the rules tell apart", async (t) => {
  for (const [type, family] of [
    ["bigint", "integer"],
    ["DECIMAL(18,2)", "decimal"],
    ["DECIMAL(18, 2)", "decimal"],
    ["FLOAT", "double"],
    ["VARCHAR", "text"],
    ["TIMESTAMP", "timestamp"],
    ["INTEGER[]", "other"],
    ["STRUCT(a INTEGER)", "other"],
  ] as const) {
    t.equal(typeFamily(type), family, type);
  }
  t.ok(isNumeric("decimal"));
  t.notOk(isNumeric("date"));
});

t.test("only sums that cannot overflow are exact", async (t) => {
  for (const type of ["TINYINT", "BIGINT", "UBIGINT", "DECIMAL(30,4)"]) t.ok(sumsExactly(type), type);
  for (const type of ["HUGEINT", "UHUGEINT", "DECIMAL(31,0)", "DOUBLE", "VARCHAR"]) t.notOk(sumsExactly(type), type);
});
