import t from "tap";
import { parseColumnType } from "../../src/catalog/index.ts";
import { rowFilterSql } from "../../src/engine/row-filter-sql.ts";
import { checkRowFilter, type RowFilter } from "../../src/governance/row-filter.ts";

type Case = readonly [type: string, op: string, value?: unknown];
const filterOf = ([, op, value]: Case): RowFilter => ({ column: "c", op, value }) as RowFilter;

const accepted: readonly Case[] = [
  ["VARCHAR", "=", "O'Neill; DROP TABLE x --"],
  ["VARCHAR", "in", ["a", "b"]],
  ["VARCHAR", "is-null"],
  ["BOOLEAN", "=", true],
  ["BOOLEAN", "in", [true, false]],
  ["TINYINT", ">=", -128],
  ["BIGINT", "=", "9223372036854775807"],
  ["BIGINT", "<>", Number.MAX_SAFE_INTEGER],
  ["DECIMAL(12,2)", "<", "9999999999.99"],
  ["DECIMAL(12,2)", "=", -0.5],
  ["DECIMAL(2,2)", "=", "0.25"],
  ["DOUBLE", ">", 1e300],
  ["DATE", ">=", "2024-02-29"],
  ["TIMESTAMP", "<", "2026-01-31 08:30:00"],
  ["TIMESTAMP", "<", "2026-01-31 23:59:59.123456"],
  ["DATE", "is-not-null"],
];

for (const filter of accepted)
  t.test(`${filter.join(" ")} is accepted, and the engine takes it as it is`, async (t) => {
    t.equal(checkRowFilter(filterOf(filter), filter[0]), undefined);
    t.match(rowFilterSql(filterOf(filter), parseColumnType(filter[0])?.text ?? ""), /^"c" /);
  });

const refused: readonly Case[] = [
  ["VARCHAR", "=", 1],
  ["VARCHAR", "=", "a\0b"],
  ["VARCHAR", "=", "\ud800"],
  ["VARCHAR", "=", "x".repeat(1001)],
  ["VARCHAR", "=", null],
  ["VARCHAR", "=", ["a"]],
  ["VARCHAR", "="],
  ["VARCHAR", "in", "a"],
  ["VARCHAR", "in", []],
  ["VARCHAR", "in", ["a", null]],
  ["VARCHAR", "in", [["a"]]],
  ["VARCHAR", "in", Array.from({ length: 1001 }, () => "a")],
  ["VARCHAR", "is-null", "a"],
  ["VARCHAR", "like", "%"],
  ["VARCHAR", "= '' OR 1=1 --", "a"],
  ["BOOLEAN", "<", true],
  ["BOOLEAN", "=", "true"],
  ["TINYINT", "=", 128],
  ["INTEGER", "=", 1.5],
  ["INTEGER", "=", "2147483648"],
  ["BIGINT", "=", 2 ** 60],
  ["BIGINT", "=", "9223372036854775808"],
  ["BIGINT", "=", "0x10"],
  ["BIGINT", "=", ""],
  ["DECIMAL(4,2)", "=", 100],
  ["DECIMAL(4,2)", "=", "1.234"],
  ["DECIMAL(4,2)", "=", "1e1"],
  ["DECIMAL(18,9)", "=", 1e-7],
  ["DOUBLE", "=", Number.NaN],
  ["DOUBLE", "=", Number.POSITIVE_INFINITY],
  ["DOUBLE", "=", "1"],
  ["DATE", "=", "2026-02-30"],
  ["DATE", "=", "2026-02-28 00:00:00"],
  ["TIMESTAMP", "=", "2026-02-28"],
  ["TIMESTAMP", "=", "2026-02-28 24:00:00"],
  ["TIMESTAMP", "=", "2026-02-28 10:00:00 Z"],
  ["MAP(INT,INT)", "is-null"],
];

for (const filter of refused)
  t.test(`${JSON.stringify(filter).slice(0, 60)} is refused with a reason`, async (t) => {
    t.match(checkRowFilter(filterOf(filter), filter[0]), /\w/);
  });
