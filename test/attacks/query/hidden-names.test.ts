import t from "tap";
import { platformFloor } from "../../../src/policy/query/index.ts";
import { compileText, sealText } from "../../policy/query/duckdb-harness.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

// Record keys, the key of all noise and the profile of contributions lie in the database that a statement runs on.

const asked = [
  "FROM __profile",
  "SELECT * FROM __noise",
  'SELECT * FROM main."__noise"',
  "SELECT count(*) FROM person WHERE __rk_id_card > 0",
  "SELECT sum(__rk_id_card) FROM person",
  "SELECT count(*) FROM person GROUP BY person.__rk_id_card",
  "SELECT COLUMNS('__rk.*') FROM person",
  "SELECT * EXCLUDE (__rk_id_card) FROM person",
  "SELECT sum(__w_d1) FROM (SELECT id_card, sum(cost) FROM visit GROUP BY id_card)",
  'SELECT "__n"."secret" FROM person',
  "SELECT a1_value FROM __r1",
  "SELECT count(*) FROM person p JOIN __judged j ON p.district = j.k1",
];

for (const mode of ["exact", "cell-key"] as const) {
  t.test(`what the platform keeps beside the tables has no name, in ${mode}`, async (t) => {
    for (const sql of asked) t.not((await compileText(sql, sampleSchema, { ...platformFloor, mode })).kind, "draft", sql);
  });

  t.test(`names of the platform's own levels, taken by a statement, are the statement's, in ${mode}`, async (t) => {
    for (const sql of [
      "WITH __fast AS (SELECT district, count(*) AS sure FROM person GROUP BY district) SELECT sum(sure) FROM __fast",
      "WITH __judged AS (SELECT 1 AS one) SELECT count(*) FROM person, __judged",
      "SELECT count(*) AS __cells FROM person AS __n WHERE __n.gender = 'M'",
      'SELECT district AS "sure", count(*) AS "a1_value" FROM person AS "__rows" GROUP BY 1',
    ]) {
      const outcome = await compileText(sql, sampleSchema, { ...platformFloor, mode });
      t.equal(outcome.kind, "draft", sql);
      if (outcome.kind === "draft") await t.resolves(sealText(outcome.draft), sql);
    }
  });
}
