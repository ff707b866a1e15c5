import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { chunksOf, personFile, personHeader, startEngine } from "../engine/engine-fixture.ts";
import { parquetOf } from "../support/parquet.ts";
import { expectValue } from "../support/value.ts";
import { openTestCatalog, personResources } from "./catalog-fixture.ts";

const { engine } = await startEngine(t);
const fixture = await openTestCatalog(t, engine, {
  maxSampleBytes: 20_000,
  stallTimeoutMs: 300,
  maxReadings: 2,
  maxReadingsPerUnit: 1,
});
const { catalog, steward, otherSteward, dataDir } = fixture;
const newResource = await personResources(fixture);
const lastEvent = async () => (await fixture.events()).at(-1);
/** Files below the vault, whatever folders are made ready for them. */
const vaultFiles = async () =>
  (await readdir(join(dataDir, "vault"), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const secret = "130102199901014321";
const parquet = { contentType: "application/vnd.apache.parquet", mode: "replace" } as const;

t.test("a file in order is told its profile, kept nowhere, and recorded", async (t) => {
  const resource = await newResource();
  const answer = expectValue(await catalog.validate(steward, resource, chunksOf(personFile(400))));
  t.match(answer, { resource, valid: true, rows: 400, problems: [], profile: { rows: 400, owners: { person: 400 } } });
  t.same(expectValue(await catalog.findResource(steward, resource)).versions, []);
  t.same(await vaultFiles(), []);
  t.match(await lastEvent(), {
    type: "resource-version.validated",
    object: resource,
    outcome: "done",
    data: { rows: 400, problems: 0 },
  });
});

t.test("a bad file is told its first hundred problems, without a value", async (t) => {
  const resource = await newResource();
  const bad = Array.from({ length: 300 }, (_, at) => `${secret}${at},a,${secret},x${secret},1\n`).join("");
  const answer = expectValue(await catalog.validate(steward, resource, chunksOf(personHeader + bad)));
  t.equal(answer.valid, false);
  t.equal(answer.problems.length, 100);
  t.match(answer.problems.slice(0, 3), [
    { rule: "CATALOG_FILE_VALUE", line: 2, column: "born" },
    { rule: "CATALOG_FILE_VALUE", line: 2, column: "income" },
    { rule: "CATALOG_FILE_VALUE", line: 3, column: "born" },
  ]);
  t.notMatch(JSON.stringify([answer, await lastEvent()]), new RegExp(secret));
  t.match(await lastEvent(), { outcome: "done", data: { problems: 100 } });
});

t.test("repeated keys are all told, and so are a Parquet file's rows", async (t) => {
  const resource = await newResource();
  const file = personHeader + ["a", "b", "a", "b", "a"].map((key) => `${key},c,,,\n`).join("");
  const { problems } = expectValue(await catalog.validate(steward, resource, chunksOf(file)));
  t.same(
    problems.map(({ rule, line }) => [rule, line]),
    [4, 5, 6].map((line) => ["CATALOG_FILE_NOT_UNIQUE", line]),
  );
  const rows = "SELECT i::VARCHAR AS id_card, 'c' AS county, DATE '2000-01-01' AS born, 1::INTEGER AS income, i AS children";
  const bytes = await parquetOf(`${rows} FROM range(32760, 32772) t(i)`);
  t.match(expectValue(await catalog.validate(steward, resource, chunksOf(bytes), parquet)), {
    valid: false,
    rows: 12,
    problems: [9, 10, 11, 12].map((row) => ({ rule: "CATALOG_FILE_VALUE", row, column: "children" })),
  });
  t.match(expectValue(await catalog.validate(steward, resource, chunksOf("PAR1 but not"), parquet)), {
    valid: false,
    problems: [{ rule: "CATALOG_FILE_UNREADABLE" }],
  });
});

t.test("an append is checked against what it would be appended to", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(`${personHeader}a,c,,,\n`)));
  const check = (text: string) =>
    catalog.validate(steward, resource, chunksOf(personHeader + text), {
      contentType: "text/csv",
      mode: "append",
      expected: first.id,
    });
  t.match(expectValue(await check("b,c,,,\n")), { valid: true, rows: 1, profile: { rows: 2 } });
  t.match(expectValue(await check("a,c,,,\n")), { valid: false, problems: [{ rule: "CATALOG_FILE_NOT_UNIQUE", line: 2 }] });
});

t.test("only the resource's own source unit checks files against it", async (t) => {
  const resource = await newResource();
  t.match(await catalog.validate(otherSteward, resource, chunksOf(personFile(5))), { code: "CATALOG_NOT_OWN_SOURCE_UNIT" });
  t.match(await lastEvent(), { type: "resource-version.validated", outcome: "refused", code: "CATALOG_NOT_OWN_SOURCE_UNIT" });
});

t.test("columns are proposed from the beginning of a file; nothing is declared, kept or quoted", async (t) => {
  const before = (await catalog.listResources(steward)).length;
  const line = (at: number) =>
    `${secret.slice(0, 14)}${1000 + at},区${at % 3},19${60 + (at % 30)}-05-01,${at}.50,说明 ${secret}\n`;
  const text = `id_card,county,born,income,备注\n${Array.from({ length: 3000 }, (_, at) => line(at)).join("")}`;
  const proposal = expectValue(await catalog.propose(steward, chunksOf(text, 7000), { contentType: "text/csv" }));
  t.match(proposal, {
    whole: false,
    columns: [
      { name: "id_card", type: "VARCHAR", role: "identifier", nullable: false },
      { name: "county", type: "VARCHAR", role: "quasi-identifier", distinct: 3 },
      { name: "born", type: "DATE", role: "quasi-identifier" },
      { name: "income", type: "DECIMAL(5,2)", role: "measure" },
      { name: "column_5", title: "备注", role: "free-text" },
    ],
  });
  t.ok(proposal.rows > 100 && proposal.rows < 1000, "from the first 20,000 bytes");
  t.notMatch(JSON.stringify(proposal), /130102|说明/);
  t.equal((await catalog.listResources(steward)).length, before);
  const event = await lastEvent();
  t.match(event, { type: "resource.proposed", object: steward.id, outcome: "done", data: { columns: 5, rows: proposal.rows } });
  t.notMatch(JSON.stringify(event), /备注|county/, "not even the header is kept");
});

t.test("a Parquet sample says its types itself", async (t) => {
  const query =
    "SELECT i::UBIGINT AS big, (i % 5)::SMALLINT AS code, i::FLOAT AS part, 'text' AS note, NULL::DECIMAL(9,3) AS sum, TIMESTAMP_NS '2024-01-01' AS at";
  const bytes = await parquetOf(`${query} FROM range(200) t(i)`);
  const proposal = expectValue(await catalog.propose(steward, chunksOf(bytes), parquet));
  t.same(
    proposal.columns.map(({ name, type, role }) => [name, type, role]),
    [
      ["big", "DECIMAL(20,0)", "measure"],
      ["code", "SMALLINT", "attribute"],
      ["part", "DOUBLE", "measure"],
      ["note", "VARCHAR", "free-text"],
      ["sum", "DECIMAL(9,3)", "measure"],
      ["at", "TIMESTAMP", "quasi-identifier"],
    ],
  );
  const refused = async (sql: string) => catalog.propose(steward, chunksOf(await parquetOf(sql)), parquet);
  t.match(await refused("SELECT [1] AS v"), { code: "CATALOG_FILE_HEADER" });
  t.match(await refused("SELECT uuid() AS v"), { code: "CATALOG_FILE_HEADER" });
  t.match(await refused("SELECT md5(i::VARCHAR) AS v FROM range(5000) t(i)"), { code: "CATALOG_FILE_LIMIT" });
  t.match(await lastEvent(), { type: "resource.proposed", outcome: "refused", code: "CATALOG_FILE_LIMIT" });
});

t.test("a silent sender gives its slot back, and until then others of its unit wait", async (t) => {
  const resource = await newResource();
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  async function* silent() {
    yield Buffer.from(personHeader);
    begun();
    await new Promise(() => undefined);
  }
  const slow = catalog.load(steward, resource, silent());
  await hasBegun;
  t.match(await catalog.load(steward, resource, chunksOf(personFile(5))), { code: "CATALOG_BUSY" });
  t.match(await slow, { code: "CATALOG_FILE_TIMEOUT", detail: { reason: /300 ms/ } });
  t.match(await catalog.load(steward, resource, chunksOf(personFile(5))), { number: 1 });
});

t.test("whoever sends first and listens afterwards is told why the file is refused", async (t) => {
  const resource = await newResource();
  let sent = 0;
  async function* long() {
    yield Buffer.from(`${personHeader}bad\n`);
    for (; sent < 2000; sent++) {
      if (sent % 100 === 0) await new Promise((resume) => setImmediate(resume));
      yield Buffer.alloc(1000, "a,b,,,\n");
    }
  }
  t.match(await catalog.load(steward, resource, long()), { code: "CATALOG_FILE_ROW", detail: { line: 2 } });
  const deadline = Date.now() + 20_000;
  while (sent < 2000 && Date.now() < deadline) await new Promise((resume) => setTimeout(resume, 10));
  t.equal(sent, 2000, "the rest of the body is read, not cut off");
});
