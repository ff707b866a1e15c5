import t from "tap";
import { recordKeyColumn, shadowDdl, shadowDdlProvisioned } from "../../../src/policy/query/index.ts";
import { sampleSchema } from "./sample-schema.ts";

t.test("the operator's text is bound against exactly the agreement's columns", async (t) => {
  const ddl = shadowDdl(sampleSchema);
  t.match(ddl, 'CREATE TABLE "person" ("id_card" VARCHAR, "name" VARCHAR, "phone" VARCHAR, "birth_date" DATE');
  t.notMatch(ddl, "__rk_", "record keys cannot be named");
});

t.test("provisioned tables hold surrogate keys and record keys, and no other identifier", async (t) => {
  const ddl = shadowDdlProvisioned(sampleSchema);
  t.match(ddl, 'CREATE TABLE "person" ("id_card" BIGINT, "birth_date" DATE');
  t.match(ddl, '"__rk_worker" INTEGER, "__rk_employer" INTEGER');
  t.notMatch(ddl, '"phone"');
  t.match(ddl, 'CREATE TABLE "region" ("district" VARCHAR, "north" BOOLEAN, "area" DOUBLE);', "public tables stay as they are");
  t.equal(recordKeyColumn("worker"), "__rk_worker");
});

t.test("a name cannot end its own quoting", async (t) => {
  const schema = {
    tables: [
      {
        name: 'a"; DROP TABLE x; --',
        grade: "public",
        subjects: [],
        columns: [{ name: 'c"d\0', type: "INTEGER", role: "attribute" }],
      },
    ],
  } as const;
  t.equal(shadowDdl(schema), 'CREATE TABLE "a""; DROP TABLE x; --" ("c""d" INTEGER);');
});
