import type { DuckDBConnection } from "@duckdb/node-api";
import type { Test } from "tap";
import { platformFloor, type ReleaseRules } from "../../../src/policy/query/index.ts";
import { show } from "./duckdb-harness.ts";
import { addHidden } from "./provisioned.ts";
import { sampleSchema } from "./sample-schema.ts";

/** Rows in one form and order; sums of DOUBLE may differ in the last digits. */
export function comparable(rows: readonly (readonly unknown[])[]): readonly string[] {
  const plain = (value: unknown): unknown => {
    const number = typeof value === "string" && /^-?\d+(\.\d+)?(e[-+]?\d+)?$/.test(value) ? Number(value) : value;
    return typeof number === "number" ? Number(number.toPrecision(9)) : number;
  };
  return rows.map((row) => JSON.stringify(row.map(plain))).sort();
}

/**
 * Types that figures of protected rows may have instead of the engine's own, where the engine's could overflow or
 * where the figure is counted: a sum of totals is DOUBLE, a sum of zeros and ones and a number of pairs are counts.
 */
const instead: Readonly<Record<string, readonly string[]>> = {
  HUGEINT: ["DOUBLE", "BIGINT"],
  UINTEGER: ["BIGINT"],
  DECIMAL: ["DOUBLE"],
};

/** The engine's types, or what stands in their place by the table above. */
export function typesMeant(governed: readonly string[], plain: readonly string[]): readonly string[] {
  return plain.map((type, i) => {
    const own = governed[i] ?? "";
    return instead[type.replace(/\(.*$/, "")]?.includes(own) ? own : type;
  });
}

const noisy: ReleaseRules = { ...platformFloor, mode: "cell-key" };

/** Asserts that a statement of which every cell may be shown gives what the plain engine gives, and runs in `cell-key` too. */
export function agreesWith(connection: DuckDBConnection): (t: Test, sql: string) => Promise<void> {
  let hidden: Promise<void> | undefined;
  return async (t, sql) => {
    const governed = await show(sql, sampleSchema, connection);
    const plain = await connection.runAndReadAll(sql);
    t.ok(governed.rows.length > 0, `shows something: ${sql}`);
    t.same(comparable(governed.rows), comparable(plain.getRowsJson()), sql);
    t.same(governed.columns, plain.columnNames(), `names of ${sql}`);
    t.same(governed.types, typesMeant(governed.types, plain.columnTypes().map(String)), `types of ${sql}`);
    hidden ??= addHidden(connection, sampleSchema);
    await hidden;
    t.same((await show(sql, sampleSchema, connection, noisy)).columns, governed.columns, `with noise: ${sql}`);
  };
}
