import { createHash } from "node:crypto";
import t from "tap";
import type { Json } from "../../../scripts/demo/api-client.ts";
import { canonicalJson } from "../../../src/kernel/index.ts";
import { prepareAgreement, problemOf, startTestPlatform } from "../../support/platform.ts";

const rig = await startTestPlatform(t);
const { analyst, auditor, platform } = rig;
const { agreement } = await prepareAgreement(rig);

const submit = (sql: string, parameters: Json) => analyst.post(`/v1/agreements/${agreement}/jobs`, { sql, parameters });
const run = async (sql: string, parameters: Json): Promise<Json> =>
  analyst.untilEnded(String((await submit(sql, parameters))["id"]));
const rowsOf = async (job: Json): Promise<unknown> => (await analyst.get(`/v1/jobs/${String(job["id"])}/result`))["rows"];

t.test("a parametrised statement gives what the written one gives, and its export's second run agrees", async (t) => {
  const job = await run(
    "SELECT county, count(*) AS n FROM person WHERE birth_date >= :from GROUP BY county HAVING count(*) > $least",
    {
      from: { type: "DATE", value: "1960-01-01" },
      least: { type: "INTEGER", value: 240 },
    },
  );
  t.match(job, { state: "done" });
  t.strictSame(await rowsOf(job), [
    ["桥西区", "250"],
    ["长安区", "244"],
  ]);
  const { result } = (await analyst.get(`/v1/jobs/${String(job["id"])}/result`)) as { result: string };
  t.match(await analyst.post("/v1/exports", { result, purpose: "公布", productName: "各县人数" }), {
    state: "in-review",
    verdict: "pass",
  });
});

t.test("a value is a value, whatever it looks like", async (t) => {
  const hostile = [
    "桥西区' OR '1'='1",
    "桥西区'); DROP TABLE person; --",
    "'' UNION SELECT id_card FROM person --",
    "\\' OR 1=1 --",
    "$from",
    ":county",
    "$$ OR true $$",
    "/*",
    "桥西区\u0000' OR 1=1",
    "'||(SELECT max(income) FROM person)||'",
    '"county"',
    "%",
  ];
  for (const value of hostile) {
    const parameters = { county: { type: "VARCHAR", value } };
    if (value.includes("\u0000")) {
      t.match(await problemOf(submit("SELECT count(*) AS n FROM person WHERE county = :county", parameters)), {
        httpStatus: 422,
        code: "JOB_PARAMETERS_INVALID",
      });
      continue;
    }
    const job = await run("SELECT count(*) AS n FROM person WHERE county = :county", parameters);
    t.match(job, { state: "done" }, value);
    t.strictSame(await rowsOf(job), [], `nobody lives in ${value}`);
  }
  const names = { person: { type: "VARCHAR", value: "person" }, one: { type: "INTEGER", value: 1 } };
  for (const sql of [
    "SELECT count(*) FROM :person",
    "SELECT count(*) FROM person AS :person",
    "SELECT count(*) AS $person FROM person",
  ])
    t.match(await run(sql, { person: names.person }), { state: "refused", answer: { code: "QUERY_PARAMETER_PLACE" } }, sql);
  t.match(await run("SELECT county, count(*) FROM person GROUP BY :one", { one: names.one }), {
    state: "refused",
    answer: { code: "QUERY_PARAMETER_PLACE" },
  });
});

t.test("a type beside a value opens nothing", async (t) => {
  for (const [type, value] of [
    ["VARCHAR) OR (1=1", "x"],
    ["INTEGER", "1 OR 1=1"],
    ["DATE", "2026-01-01' OR '1'='1"],
    ["DOUBLE", "1e999"],
    ["BIGINT", "9007199254740993"],
    ["constructor", "x"],
    ["HUGEINT", "1"],
    ["INTERVAL", "1 year"],
  ] as const)
    t.match(
      await problemOf(submit("SELECT count(*) FROM person WHERE county = :x", { x: { type, value } })),
      { httpStatus: 422, code: "JOB_PARAMETERS_INVALID", more: { found: /the parameter x/ } },
      type,
    );
  for (const parameters of [
    { "x y": { type: "VARCHAR", value: "x" } },
    { x: { type: "VARCHAR", value: ["x"] } },
    { x: { type: "VARCHAR", value: { x: 1 } } },
    { x: { type: "VARCHAR" } },
    { x: { type: "VARCHAR", value: "x", sql: "1" } },
    { x: "x" },
    [],
  ])
    t.match(await problemOf(submit("SELECT 1", parameters as Json)), { httpStatus: 400 }, JSON.stringify(parameters));
});

t.test("a rule that a written value meets is met by a parameter", async (t) => {
  for (const [sql, type, value, code] of [
    ["SELECT count(*) FROM person WHERE id_card = :x", "VARCHAR", "P00001", "QUERY_IDENTIFIER_USE"],
    ["SELECT count(*) FROM person WHERE income > :x", "INTEGER", 10_001, "QUERY_OFF_GRID"],
    ["SELECT count(*) FROM person WHERE income BETWEEN 10000 AND :x", "DECIMAL(9,2)", "10000.01", "QUERY_OFF_GRID"],
    ["SELECT count(*) FROM person WHERE income = :x", "INTEGER", 10_000, "QUERY_MEASURE_CONDITION"],
    ["SELECT sum(greatest(income, :x)) FROM person", "INTEGER", 20_000, "QUERY_MEASURE_SHAPE"],
  ] as const)
    t.match(await run(sql, { x: { type, value } }), { state: "refused", answer: { code } }, sql);
});

t.test("missing and unused parameters are told with their places", async (t) => {
  t.match(await run("SELECT count(*)\n FROM person WHERE county = :county", {}), {
    state: "refused",
    answer: { code: "QUERY_PARAMETER_UNKNOWN", at: { line: 2, column: 29 }, found: "the parameter county" },
  });
  t.match(await run("SELECT count(*)\n FROM person WHERE county = $county", {}), {
    state: "refused",
    answer: { code: "QUERY_PARAMETER_UNKNOWN", at: { line: 2, column: 29 } },
  });
  t.match(await run("SELECT count(*) FROM person", { county: { type: "VARCHAR", value: "x" } }), {
    state: "refused",
    answer: { code: "QUERY_PARAMETER_UNUSED", found: "the parameter county" },
  });
  t.match(await run("SELECT count(*) FROM person\nWHERE bounty = :county", { county: { type: "VARCHAR", value: "x" } }), {
    state: "refused",
    answer: { code: "QUERY_NAME_UNKNOWN", at: { line: 2, column: 7 } },
  });
});

t.test("values rest sealed, and events hold a hash that another salt makes anew", async (t) => {
  const secret = "一个不会出现在别处的值";
  const parameters = { county: { type: "VARCHAR", value: secret } };
  const jobs = [
    await run("SELECT count(*) AS n FROM person WHERE county = :county", parameters),
    await run("SELECT count(*) AS n FROM person WHERE county = :county", parameters),
  ];
  const hashes = new Set<unknown>();
  const sql = "SELECT count(*) AS n FROM person WHERE county = :county";
  for (const { id } of jobs) {
    const row = await platform.store.db.selectFrom("job").selectAll().where("id", "=", String(id)).executeTakeFirstOrThrow();
    t.not(row.parameters_sealed, null);
    const kept = JSON.stringify({
      ...row,
      plain: row.parameters_sealed?.toString("utf8"),
      text: row.sql_sealed.toString("utf8"),
    });
    t.notMatch(kept, secret);
    const events = await auditor.get(`/v1/audit/events?object=${String(id)}`);
    t.notMatch(JSON.stringify(events), secret);
    hashes.add(row.sql_hash);
    // Who reads the event knows the salt, the text, and tries the values.
    const [salt = "", hash] = row.sql_hash.split(".");
    const guess = createHash("sha256")
      .update(Buffer.from(salt, "base64url"))
      .update(`${sql}\0${canonicalJson(parameters)}`);
    t.not(guess.digest("base64url"), hash, "a value is not found by trying it");
  }
  t.equal(hashes.size, 2);
});
