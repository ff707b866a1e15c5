import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import {
  agreementRequest,
  csvStream,
  peopleCsv,
  peopleDeclaration,
  problemOf,
  runToEnd,
  startTestPlatform,
} from "../support/platform.ts";

const fixture = await startTestPlatform(t);
const { steward, operatorAdmin, officer, dataDir } = fixture;
const family = await steward.post("/v1/families", { title: "居民" });
const note = { name: "note", type: "VARCHAR", role: "free-text" };
const declaration = { ...peopleDeclaration, columns: [...peopleDeclaration.columns, note] };
const resource = String((await steward.post("/v1/resources", { family: family["id"], ...declaration }))["id"]);
const [header = "", ...lines] = peopleCsv().trimEnd().split("\n");
const file = [`${header},note`, ...lines.map((line, at) => `${line},"他说：邻居张三 ${at} 号病了"`)].join("\n");
await steward.upload(`/v1/resources/${resource}/data`, csvStream(`${file}\n`));

const draft = (columns: readonly string[], rowFilter: readonly object[] = []) =>
  operatorAdmin.post("/v1/agreements", {
    ...agreementRequest(fixture, resource),
    scope: { resources: [{ resource, columns, rowFilter }] },
  });
const scope = ["id_card", "county", "birth_date", "income"];

t.test("no agreement takes a free-text column into its scope, nor filters by it", async (t) => {
  t.match(await problemOf(draft([...scope, "note"])), {
    httpStatus: 422,
    code: "AGREEMENT_COLUMN_FREE_TEXT",
    more: { column: "note" },
  });
  t.match(await problemOf(draft(["note"])), { code: "AGREEMENT_COLUMN_FREE_TEXT" });
  t.match(await problemOf(draft(scope, [{ column: "note", op: "=", value: "x" }])), { code: "AGREEMENT_ROW_FILTER" });
});

t.test("the text is in no database of an agreement, and no statement reaches it", async (t) => {
  const agreement = String((await draft(scope))["id"]);
  await officer.post(`/v1/agreements/${agreement}/approve`);
  await officer.post(`/v1/agreements/${agreement}/activate`);
  t.match(await runToEnd(fixture, agreement, "SELECT county, count(*) AS n FROM person GROUP BY county"), { state: "done" });
  const absent = async (sql: string) => {
    const { state, answer } = await runToEnd(fixture, agreement, sql);
    return { state, code: (answer as Record<string, unknown>)["code"] };
  };
  const unknown = await absent("SELECT count(nothing) FROM person");
  t.equal(unknown.state, "refused");
  for (const sql of [
    "SELECT count(note) FROM person",
    "SELECT count(*) FROM person WHERE note LIKE '%张三%'",
    "SELECT county, count(DISTINCT note) FROM person GROUP BY county",
  ])
    t.strictSame(await absent(sql), unknown, sql);

  const folder = join(dataDir, "provisions");
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".duckdb"));
  t.ok(files.length > 0);
  for (const name of files) {
    const instance = await DuckDBInstance.create(join(folder, name), { access_mode: "READ_ONLY" });
    const connection = await instance.connect();
    const found = await connection.runAndReadAll("SELECT column_name FROM information_schema.columns ORDER BY ALL");
    const columns = found.getRows().flat();
    t.ok(columns.includes("county"));
    t.notOk(columns.includes("note"), name);
    connection.closeSync();
    instance.closeSync();
  }
});
