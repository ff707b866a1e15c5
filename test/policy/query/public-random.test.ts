import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import t from "tap";
import { prove } from "../../../scripts/public-proof/prove.ts";
import { shadowDdl } from "../../../src/policy/query/index.ts";
import { PublicStatement, randomRows, randomSchema } from "./random-public.ts";

/** Another seed is another walk; more rounds find more (`npm run fuzz:sql`). */
const seed = Number(process.env["HANGUANG_SEED"] ?? "20261125");
const numRuns = Number(process.env["HANGUANG_ROUNDS"] ?? "400");

t.test(`any SELECT over public tables is answered as by the engine itself: seed ${seed}, ${numRuns} statements`, async (t) => {
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  t.teardown(() => connection.closeSync());
  await connection.run(shadowDdl(randomSchema));
  await connection.run(randomRows);
  let [equal, asked] = [0, 0];
  const holds = async (sql: string): Promise<void> => {
    asked += 1;
    const { verdict, why } = await prove(connection, randomSchema, sql);
    if (verdict.startsWith("equal")) equal += 1;
    else if (verdict !== "invalid") throw new Error(`${verdict}: ${why}\n${sql}`);
  };
  const property = fc.asyncProperty(fc.gen(), async (g) => holds(new PublicStatement(g).text()));
  await fc.assert(property, { seed, numRuns, endOnFailure: true });
  t.comment(`${equal} of ${asked} equal, the others are no statements for the engine either`);
  t.ok(equal > asked * 0.8, "most of what is made is valid");
});
