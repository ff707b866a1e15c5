import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Engine, IngestAnswer } from "../../src/engine/index.ts";
import {
  chunksOf,
  csvFormat,
  ingestLimits,
  ingestPersons,
  personColumns,
  personFile,
  personHeader,
  personSubjects,
  startEngine,
} from "./engine-fixture.ts";

async function left(dataDir: string): Promise<readonly string[]> {
  const all = await readdir(dataDir, { recursive: true });
  return all.filter((name) => /part|partial|block/.test(name));
}

async function refusedCleanly(t: Test, engine: Engine, dataDir: string, answer: IngestAnswer, wanted: object): Promise<void> {
  t.match(answer, { kind: "refused", ...wanted });
  t.same(await left(dataDir), [], "nothing is kept");
  t.same(
    engine.workers().filter(({ role }) => role === "ingest"),
    [],
  );
}

t.test("a good file becomes Parquet with its profile and hashes", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const text = personFile(5000);
  const output = join(dataDir, "versions", "v1");
  const answer = await ingestPersons(engine, output, text, 1000);
  if (answer.kind !== "ingested") throw new Error(JSON.stringify(answer));
  t.equal(answer.rows, 5000);
  t.equal(answer.contentHash, createHash("sha256").update(text).digest("hex"));
  t.same(answer.profile.owners, { person: 5000 });
  t.same(answer.profile.greatestRowsPerOwner, { person: 1 });
  t.match(answer.profile.columns, {
    income: { nulls: 0, greatestAbs: "999.50" },
    children: { nulls: 0, greatestAbs: "3" },
    county: { nulls: 0, distinct: 7 },
  });
  t.notHas(answer.profile.columns, { county: { greatestAbs: /./ } }, "no category's value stands in a profile");
  t.equal(answer.files.length, 1);
  for (const file of answer.files) {
    const bytes = await readFile(file.path);
    t.equal(file.path, join(output, "part-00000.parquet"));
    t.equal(file.bytes, bytes.length);
    t.equal(file.sha256, createHash("sha256").update(bytes).digest("hex"));
    t.equal((await stat(file.path)).mode & 0o777, 0o400);
  }
  t.same((await left(dataDir)).length, 1, "nothing but the file is kept");
});

t.test("a file whose lines end as on Windows is the same data", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const text = personFile(2000);
  const [plain, windows] = [
    await ingestPersons(engine, join(dataDir, "plain"), text, 1000),
    await ingestPersons(engine, join(dataDir, "windows"), text.replaceAll("\n", "\r\n"), 1000),
  ];
  if (plain.kind !== "ingested" || windows.kind !== "ingested") throw new Error(JSON.stringify([plain, windows]));
  t.same(windows.profile, plain.profile);
  t.same(
    windows.files.map(({ sha256 }) => sha256),
    plain.files.map(({ sha256 }) => sha256),
    "the same rows, to the byte",
  );
});

t.test("owners are counted over every key column of their kind, rows without a key under none", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const text = "payer,payee,amount\na,b,-7.25\na,c,3\n,c,\nb,a,2.5\n";
  const answer = await engine.ingest(
    {
      columns: [
        { name: "payer", type: "VARCHAR", role: "identifier", nullable: true },
        { name: "payee", type: "VARCHAR", role: "identifier", nullable: true },
        { name: "amount", type: "DOUBLE", role: "measure", nullable: true },
      ],
      subjects: [
        { kind: "person", column: "payer", unique: false },
        { kind: "person", column: "payee", unique: false },
      ],
      output: join(dataDir, "v"),
      format: csvFormat,
      limits: ingestLimits,
    },
    chunksOf(text),
  );
  t.match(answer, {
    kind: "ingested",
    profile: {
      rows: 4,
      owners: { person: 3 },
      greatestRowsPerOwner: { person: 3 },
      columns: { amount: { nulls: 1, greatestAbs: "7.25" }, payer: { nulls: 1 } },
    },
  });
});

t.test("a file over several blocks keeps all rows and its order", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const line = (at: number): string => `k${at},"${"filler ".repeat(60)}"\n`;
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("id,text\n");
    for (let at = 0; at < 160_000; at += 1000) yield Buffer.from(Array.from({ length: 1000 }, (_, i) => line(at + i)).join(""));
    yield Buffer.from(line(5));
  }
  const request = {
    columns: [
      { name: "id", type: "VARCHAR", role: "identifier", nullable: false },
      { name: "text", type: "VARCHAR", role: "free-text", nullable: true },
    ],
    subjects: [{ kind: "person", column: "id", unique: false }],
    output: join(dataDir, "many"),
    format: csvFormat,
    limits: ingestLimits,
  };
  const answer = await engine.ingest(request, body());
  if (answer.kind !== "ingested") throw new Error(JSON.stringify(answer));
  t.ok(answer.files.length >= 2, `${answer.files.length} files`);
  t.equal(answer.rows, 160_001);
  const unique = await engine.ingest(
    { ...request, output: join(dataDir, "unique"), subjects: [{ kind: "person", column: "id", unique: true }] },
    body(),
  );
  t.match(
    unique,
    { kind: "refused", code: "CATALOG_FILE_NOT_UNIQUE", line: 160_002, column: "id", reason: /line 7$/ },
    "across files",
  );
});

t.test("bad files are refused with line, column and reason, and nothing is kept", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const cases: readonly (readonly [string, string | Uint8Array, object])[] = [
    [
      "bad value",
      `${personFile(3)}x1,c,1980-13-01,1,1\n`,
      { code: "CATALOG_FILE_VALUE", line: 5, column: "born", reason: /YYYY-MM-DD/ },
    ],
    ["missing key", `${personHeader},c,,1,1\n`, { code: "CATALOG_FILE_NULL", line: 2, column: "id_card" }],
    [
      "repeated key",
      `${personHeader}a,c,,1,1\nb,c,,1,1\na,c,,1,1\n`,
      { code: "CATALOG_FILE_NOT_UNIQUE", line: 4, column: "id_card", reason: /line 2/ },
    ],
    [
      "repeated key, blurred lines",
      `${personHeader}a,"c\nd",,1,1\na,c,,1,1\n`,
      { code: "CATALOG_FILE_NOT_UNIQUE", line: undefined, reason: /row 1; this is row 2$/ },
    ],
    ["fields", `${personHeader}a,b\n`, { code: "CATALOG_FILE_ROW", line: 2 }],
    ["no rows", personHeader, { code: "CATALOG_FILE_ROW" }],
    ["empty", "", { code: "CATALOG_FILE_HEADER" }],
    [
      "GBK",
      Buffer.concat([Buffer.from(`${personHeader}a,`), Buffer.from([0xca, 0xaf, 0xbc, 0xd2]), Buffer.from(",,1,1\n")]),
      { code: "CATALOG_FILE_ENCODING", line: 2, reason: /UTF-8.*GBK/ },
    ],
    ["decimal that would be rounded", `${personHeader}a,b,,1.005,1\n`, { code: "CATALOG_FILE_VALUE", column: "income" }],
  ];
  for (const [name, body, wanted] of cases)
    await t.test(name, async (t) =>
      refusedCleanly(t, engine, dataDir, await ingestPersons(engine, join(dataDir, "v"), body), wanted),
    );
});

t.test("reasons never repeat a value of the file", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const answer = await ingestPersons(engine, join(dataDir, "v"), `${personHeader}a,b,SECRET-VALUE,1,1\n`);
  t.notMatch(JSON.stringify(answer), /SECRET/);
  const header = await ingestPersons(engine, join(dataDir, "v"), "SECRET-VALUE,1\n");
  t.notMatch(JSON.stringify(header), /SECRET/, "a forgotten header is a row of data");
});

t.test("an upload that breaks off, stalls or is killed leaves nothing", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const request = {
    columns: personColumns,
    subjects: personSubjects,
    output: join(dataDir, "v"),
    format: csvFormat,
    limits: ingestLimits,
  };
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personFile(2000));
    throw new Error("connection reset");
  }
  await refusedCleanly(t, engine, dataDir, await engine.ingest(request, broken()), { code: "CATALOG_FILE_INCOMPLETE" });

  const stalled = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personHeader);
    await new Promise(() => undefined);
  };
  const late = await engine.ingest({ ...request, limits: { ...ingestLimits, timeoutMs: 1500 } }, stalled());
  await refusedCleanly(t, engine, dataDir, late, { code: "CATALOG_FILE_TIMEOUT" });

  async function* killed(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(personHeader);
    for (const { role, pid } of engine.workers()) if (role === "ingest") process.kill(pid, "SIGKILL");
    await new Promise(() => undefined);
  }
  await refusedCleanly(t, engine, dataDir, await engine.ingest(request, killed()), { code: "CATALOG_FILE_UNREADABLE" });
  t.match(await engine.ingest(request, chunksOf(personFile(10))), { kind: "ingested", rows: 10 }, "the next upload is served");
});

t.test("a declaration outside the catalogue is the caller's bug", async (t) => {
  const { engine, dataDir } = await startEngine(t);
  const output = join(dataDir, "v");
  const columns = [{ name: "a", type: "VARCHAR) --", role: "attribute", nullable: true }];
  await t.rejects(engine.ingest({ columns, subjects: [], output, format: csvFormat, limits: ingestLimits }, chunksOf("a\n")), {
    code: "ENGINE_REQUEST_INVALID",
  });
  await t.rejects(
    engine.ingest(
      {
        columns: personColumns,
        subjects: [{ kind: "person", column: "nope", unique: true }],
        output,
        format: csvFormat,
        limits: ingestLimits,
      },
      chunksOf("a\n"),
    ),
    {
      code: "ENGINE_REQUEST_INVALID",
    },
  );
});
