import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { sha256Hex } from "../../src/kernel/index.ts";
import { chunksOf, personColumns, personFile, personHeader, personSubjects, startEngine } from "../engine/engine-fixture.ts";
import { expectValue } from "../support/value.ts";
import { openTestCatalog, personResources } from "./catalog-fixture.ts";

const { engine } = await startEngine(t);
const fixture = await openTestCatalog(t, engine, { maxReadingsPerUnit: 4 });
const { catalog, steward, otherSteward, store, dataDir } = fixture;
const vault = join(dataDir, "vault", fixture.holder);
const newResource = await personResources(fixture);
const folders = async () => (await readdir(vault)).sort();
const versionsOf = (resource: string) =>
  store.db.selectFrom("resource_version").selectAll().where("resource_id", "=", resource).orderBy("number").execute();

t.test("a file becomes a numbered version: its files, its registered copy and its event", async (t) => {
  const resource = await newResource();
  const file = personFile(500);
  const loaded = expectValue(await catalog.load(steward, resource, chunksOf(file)));
  t.match(loaded, { resource, number: 1, rows: 500, contentHash: sha256Hex(Buffer.from(file)) });

  const folder = join(vault, loaded.id);
  const parts = await readdir(folder);
  t.ok(parts.length > 0 && parts.every((name) => name.endsWith(".parquet")));
  const copies = await store.db.selectFrom("copy").selectAll().where("object_id", "=", loaded.id).execute();
  t.match(copies, [{ kind: "vault", location: `vault/${fixture.holder}/${loaded.id}`, destroyed_at: null }]);
  const whole = await Promise.all(parts.sort().map((name) => readFile(join(folder, name))));
  t.equal(
    Number(copies[0]?.bytes),
    whole.reduce((sum, { length }) => sum + length, 0),
  );
  t.match(await catalog.newestVersion(resource), { version: loaded.id, folders: [folder], contentHash: loaded.contentHash });

  const event = (await fixture.events()).at(-1);
  t.match(event, {
    type: "resource-version.loaded",
    object: loaded.id,
    from: [resource],
    outcome: "done",
    data: { number: 1, rows: 500, contentHash: loaded.contentHash, filesHash: copies[0]?.sha256 },
  });
});

t.test("the profile of a version is for its source unit only", async (t) => {
  const resource = await newResource();
  expectValue(await catalog.load(steward, resource, chunksOf(personFile(20))));
  const own = expectValue(await catalog.findResource(steward, resource));
  t.match(own.versions[0]?.own, { rows: 20, profile: { rows: 20, owners: { person: 20 } } });
  const foreign = expectValue(await catalog.findResource(otherSteward, resource));
  t.equal(foreign.versions[0]?.own, undefined);
  t.notMatch(JSON.stringify(foreign), /greatestAbs/);
});

t.test("a second load is the next version; the first stays as it was", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(personFile(10))));
  const second = expectValue(await catalog.load(steward, resource, chunksOf(personFile(11))));
  t.equal(second.number, 2);
  t.match(await versionsOf(resource), [
    { id: first.id, row_count: "10" },
    { id: second.id, row_count: "11" },
  ]);
  await t.rejects(store.db.updateTable("resource_version").set({ number: 9 }).where("id", "=", first.id).execute());
});

t.test("loads of one resource side by side get consecutive numbers", async (t) => {
  const resource = await newResource();
  const answers = await Promise.all(
    Array.from({ length: 4 }, (_, at) => catalog.load(steward, resource, chunksOf(personFile(5 + at)))),
  );
  t.same(answers.map((answer) => expectValue(answer).number).sort(), [1, 2, 3, 4]);
  for (const { id } of await versionsOf(resource)) t.ok((await readdir(join(vault, id))).length > 0);
});

const person = (at: number, key = `K${at}`) => `${key},a,1990-01-15,${at},1\n`;
const peopleFrom = (from: number, to: number) =>
  personHeader + Array.from({ length: to - from }, (_, at) => person(from + at)).join("");
const appendTo = (expected: string) => ({ contentType: "text/csv", mode: "append", expected }) as const;

t.test("an appended version is the one before and the file: files shared, profile over all", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 30))));
  const second = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(30, 50)), appendTo(first.id)));
  const third = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(50, 51)), appendTo(second.id)));
  t.match(second, { number: 2, rows: 50, appendedTo: first.id, contentHash: sha256Hex(Buffer.from(peopleFrom(30, 50))) });
  t.match(await catalog.newestVersion(resource), {
    version: third.id,
    rows: 51,
    folders: [first, second, third].map(({ id }) => join(vault, id)),
  });
  const { versions } = expectValue(await catalog.findResource(steward, resource));
  t.match(versions[0], {
    appendedTo: second.id,
    own: { rows: 51, profile: { rows: 51, owners: { person: 51 }, columns: { income: { greatestAbs: "50.00" } } } },
  });
  t.match((await fixture.events()).at(-1), {
    object: third.id,
    from: [resource, second.id],
    data: { rows: 51, addedRows: 1 },
  });
  const copies = await store.db.selectFrom("copy").select("location").where("object_id", "=", third.id).execute();
  t.same(copies, [{ location: `vault/${fixture.holder}/${third.id}` }], "nothing is copied");
  const replaced = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(7, 9))));
  t.match(await catalog.newestVersion(resource), { version: replaced.id, rows: 2, folders: [join(vault, replaced.id)] });
});

t.test("a key that is unique is unique over all parts", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 30))));
  const before = await folders();
  const file = personHeader + person(77) + person(1, "K13");
  t.match(await catalog.load(steward, resource, chunksOf(file), appendTo(first.id)), {
    code: "CATALOG_FILE_NOT_UNIQUE",
    detail: { line: 3, column: "id_card", reason: /version appended to/ },
  });
  t.same(await folders(), before);
});

t.test("every file of a public table is held to its declared keys, appended ones too", async (t) => {
  const columns = ["code", "year"].map((name) => ({ name, type: "INTEGER", role: "attribute" as const }));
  const family = await fixture.newFamily("行政区划");
  const declaration = { family, name: "region", title: "区划", grade: "public", columns, subjects: [], keys: [["code", "year"]] };
  const { id: resource, keys } = expectValue(await catalog.declareResource(steward, declaration));
  t.same(keys, [["code", "year"]]);
  t.same((await catalog.resource(resource))?.keys, keys);
  const load = (rows: string, handIn?: ReturnType<typeof appendTo>) =>
    catalog.load(steward, resource, chunksOf(`code,year\n${rows}`), handIn);
  t.match(await load("1,2020\n1,2021\n1,2020\n"), {
    code: "CATALOG_FILE_NOT_UNIQUE",
    detail: { line: 4, reason: /\(code, year\).*line 2/ },
  });
  t.match(await load("1,2020\n,2021\n"), { code: "CATALOG_FILE_NULL", detail: { line: 3, column: "code" } });
  const first = expectValue(await load("1,2020\n1,2021\n"));
  t.match(await load("2,2020\n1,2021\n", appendTo(first.id)), { code: "CATALOG_FILE_NOT_UNIQUE", detail: { line: 3 } });
  t.match(expectValue(await load("2,2020\n", appendTo(first.id))), { rows: 3 });
});

t.test("of two appends to one version at once, one is kept and the other is told", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 5))));
  const answers = await Promise.all(
    [10, 20].map((from) => catalog.load(steward, resource, chunksOf(peopleFrom(from, from + 5)), appendTo(first.id))),
  );
  t.same(answers.map((answer) => ("code" in answer ? answer.code : answer.number)).sort(), [2, "CATALOG_VERSION_CHANGED"]);
  t.match(await catalog.newestVersion(resource), { number: 2, rows: 10 });
  const known = (await versionsOf(resource)).map(({ id }) => id);
  t.equal((await folders()).filter((name) => known.includes(name)).length, 2, "the loser's files are gone");
});

t.test("a chain of appends ends where its limit says; a replacement begins another", async (t) => {
  const resource = await newResource();
  const bounded = fixture.reopen({ maxAppends: 1 });
  const first = expectValue(await bounded.load(steward, resource, chunksOf(peopleFrom(0, 2))));
  const second = expectValue(await bounded.load(steward, resource, chunksOf(peopleFrom(2, 4)), appendTo(first.id)));
  const file = () => chunksOf(peopleFrom(4, 6));
  t.match(await bounded.load(steward, resource, file(), appendTo(second.id)), {
    code: "CATALOG_APPENDED_TOO_OFTEN",
    detail: { limit: 1 },
  });
  const third = expectValue(await bounded.load(steward, resource, file()));
  t.match(await bounded.load(steward, resource, chunksOf(peopleFrom(0, 2)), appendTo(third.id)), { number: 4, rows: 4 });
});

t.test("an append names the newest version; so may a replacement", async (t) => {
  const resource = await newResource();
  const file = () => chunksOf(peopleFrom(100, 101));
  const first = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 5))));
  const second = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 6))));
  const codeOf = async (handIn: Parameters<typeof catalog.load>[3]) => {
    const answer = await catalog.load(steward, resource, file(), handIn);
    return "code" in answer ? answer.code : answer.number;
  };
  t.equal(await codeOf({ contentType: "text/csv", mode: "append" }), "CATALOG_EXPECTED_VERSION_MISSING");
  for (const expected of [first.id, "", "rev_x\0", second.id.toUpperCase()]) {
    t.equal(await codeOf(appendTo(expected)), "CATALOG_VERSION_CHANGED");
    t.equal(await codeOf({ contentType: "text/csv", mode: "replace", expected }), "CATALOG_VERSION_CHANGED");
  }
  t.equal(await codeOf({ contentType: "text/csv", mode: "replace", expected: second.id }), 3);
  const empty = await newResource();
  t.match(await catalog.load(steward, empty, file(), appendTo(second.id)), { code: "CATALOG_VERSION_CHANGED" });
});

t.test("a version whose earlier files are destroyed is no version to work with", async (t) => {
  const resource = await newResource();
  const first = expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(0, 5))));
  expectValue(await catalog.load(steward, resource, chunksOf(peopleFrom(5, 6)), appendTo(first.id)));
  await store.db.updateTable("copy").set({ destroyed_at: fixture.clock.now() }).where("object_id", "=", first.id).execute();
  t.equal(await catalog.newestVersion(resource), undefined);
});

t.test("an append to a version of another resource is impossible in the store itself", async (t) => {
  const [one, other] = [await newResource(), await newResource()];
  const first = expectValue(await catalog.load(steward, one, chunksOf(peopleFrom(0, 5))));
  const insert = store.db.insertInto("resource_version").values({
    id: fixture.ids.make("resourceVersion"),
    resource_id: other,
    number: 1,
    content_hash: "",
    row_count: 1,
    profile: "{}",
    created_by: steward.id,
    created_at: fixture.clock.now(),
    appended_to: first.id,
  });
  await t.rejects(insert.execute(), { message: /resource_version_appended_to/ });
});

t.test("GBK and GB 2312 are read as GB18030; what is said twice or unknown is refused", async (t) => {
  const county = Buffer.from([0xca, 0xaf, 0xbc, 0xd2, 0xd7, 0xaf]);
  const file = Buffer.concat([Buffer.from(`${personHeader}K1,`), county, Buffer.from(",1990-01-15,1,1\n")]);
  const loadAs = async (contentType: string) => {
    const answer = await catalog.load(steward, await newResource(), chunksOf(file), { contentType, mode: "replace" });
    return "code" in answer ? answer.code : answer.rows;
  };
  for (const charset of ["gb18030", "GBK", '"gb2312"'])
    t.equal(await loadAs(`text/csv; header=present;charset=${charset}`), 1, charset);
  t.equal(await loadAs("text/csv"), "CATALOG_FILE_ENCODING");
  for (const charset of ["utf-7", "utf-16", "latin1", "big5", "gb18030; charset=utf-8", ""])
    t.match(await loadAs(`text/csv; charset=${charset}`), /CATALOG_CHARSET_UNKNOWN|CATALOG_FORMAT_UNKNOWN/, charset);
  for (const type of ["text/csvx", "application/json", "", "text/csv; charset", 'text/csv; charset="gbk'])
    t.equal(await loadAs(type), "CATALOG_FORMAT_UNKNOWN", type);
});

const secret = "130102199901014321";
const badFiles: readonly (readonly [string, string | Buffer, object])[] = [
  [
    "a value of the wrong type",
    `${personHeader}1,a,1990-01-15,1,1\n${secret},a,${secret},2,1\n`,
    { code: "CATALOG_FILE_VALUE", detail: { line: 3, column: "born" } },
  ],
  [
    "a row with a field too many",
    `${personHeader}1,a,1990-01-15,1,1,${secret}\n`,
    { code: "CATALOG_FILE_ROW", detail: { line: 2 } },
  ],
  [
    "a missing owner",
    `${personHeader},${secret},1990-01-15,1,1\n`,
    { code: "CATALOG_FILE_NULL", detail: { line: 2, column: "id_card" } },
  ],
  ["an owner twice", `${personHeader}${secret},a,,,\n${secret},b,,,\n`, { code: "CATALOG_FILE_NOT_UNIQUE" }],
  ["a data row where the header belongs", `${secret},a,1990-01-15,1,1\n`, { code: "CATALOG_FILE_HEADER" }],
  [
    "GBK bytes",
    Buffer.concat([Buffer.from(`${personHeader}${secret},`), Buffer.from([0xd5, 0xc5]), Buffer.from(",,,\n")]),
    { code: "CATALOG_FILE_ENCODING" },
  ],
  ["nothing", "", { code: "CATALOG_FILE_HEADER" }],
];

for (const [what, file, expected] of badFiles)
  t.test(`${what} is refused, nothing is kept, and the event holds none of it`, async (t) => {
    const resource = await newResource();
    const before = await folders().catch(() => []);
    t.match(await catalog.load(steward, resource, chunksOf(file)), { kind: "refused", ...expected });
    t.same(await versionsOf(resource), []);
    t.same(await folders(), before);
    const event = (await fixture.events()).at(-1);
    t.match(event, { type: "resource-version.loaded", object: resource, outcome: "refused" });
    t.notMatch(JSON.stringify(event), new RegExp(secret));
  });

t.test("an upload that breaks off leaves nothing", async (t) => {
  const resource = await newResource();
  const before = await folders();
  async function* broken() {
    yield Buffer.from(personFile(100));
    throw new Error("connection reset");
  }
  t.match(await catalog.load(steward, resource, broken()), { code: "CATALOG_FILE_INCOMPLETE" });
  t.same(await folders(), before);
  t.same(await versionsOf(resource), []);
});

t.test("only the resource's own source unit loads it", async (t) => {
  const resource = await newResource();
  t.match(await catalog.load(otherSteward, resource, chunksOf(personFile(5))), { code: "CATALOG_NOT_OWN_SOURCE_UNIT" });
  t.same(await versionsOf(resource), []);
});

t.test("a load into nothing is refused; what was called its id is not recorded", async (t) => {
  t.match(await catalog.load(steward, `x\0${secret}`, chunksOf(personFile(5))), { code: "CATALOG_RESOURCE_NOT_FOUND" });
  t.match((await fixture.events()).at(-1), { type: "resource-version.loaded", object: steward.id, outcome: "refused" });
});

t.test("a sweep takes whatever dead gateways left in the vault, by its own name, and keeps what is known or alive", async (t) => {
  const resource = await newResource();
  const kept = expectValue(await catalog.load(steward, resource, chunksOf(personFile(5))));
  const [placed, staged] = [fixture.ids.make("resourceVersion"), fixture.ids.make("resourceVersion")];
  const dead = fixture.ids.make("gateway");
  // Placed but never committed; under way; the engine's own folder beside one under way; and what no gateway would put there.
  const left = [`${dead}/${placed}`, `${dead}/${staged}.loading`, `${dead}/.${staged}.loading.partial-0123456789abcdef`, "stray"];
  const own = [`${fixture.holder}/${staged}.loading`];
  for (const name of [...left, ...own]) {
    await mkdir(join(dataDir, "vault", name), { recursive: true });
    await writeFile(join(dataDir, "vault", name, "part-00000.parquet"), secret);
  }
  const known = await folders();
  t.equal(await catalog.sweepOrphans(), left.length);
  t.same(await folders(), known, "what this gateway has under way is left alone");
  t.same(await readdir(join(dataDir, "vault")), [fixture.holder], "nothing else is there");
  t.ok((await readdir(join(vault, kept.id))).length > 0);
  const events = (await fixture.events()).slice(-left.length);
  t.same(new Set(events.map(({ type }) => type)), new Set(["vault.orphan-removed"]));
  t.equal(events.filter(({ links }) => links?.["gateway"] === dead).length, 3);
  t.equal(await catalog.sweepOrphans(), 0, "a second sweep finds nothing");
});

t.test("a version of a gateway that is gone stays, and goes on being read", async (t) => {
  const resource = await newResource();
  const loaded = expectValue(await catalog.load(steward, resource, chunksOf(personFile(5))));
  const dead = fixture.ids.make("gateway");
  await mkdir(join(dataDir, "vault", dead));
  await rename(join(vault, loaded.id), join(dataDir, "vault", dead, loaded.id));
  await store.db
    .updateTable("copy")
    .set({ location: `vault/${dead}/${loaded.id}` })
    .where("object_id", "=", loaded.id)
    .execute();
  t.equal(await catalog.sweepOrphans(), 0);
  const folder = (await catalog.newestVersion(resource))?.folders[0] ?? "";
  t.ok((await readdir(folder)).length > 0);
});

t.test("a gateway that was declared lost while a file came in registers nothing of it", async (t) => {
  const lost = await openTestCatalog(t, engine);
  const { id } = expectValue(
    await lost.catalog.declareResource(lost.steward, {
      family: await lost.newFamily("居民"),
      name: "person",
      title: "人口",
      grade: "general-3",
      columns: personColumns,
      subjects: personSubjects,
    }),
  );
  async function* declaredLostMeanwhile() {
    const bytes = Buffer.from(personFile(50));
    yield bytes.subarray(0, 400);
    await lost.store.db.updateTable("gateway").set({ ended_at: lost.clock.now() }).where("id", "=", lost.holder).execute();
    yield bytes.subarray(400);
  }
  t.match(await lost.catalog.load(lost.steward, id, declaredLostMeanwhile()), { code: "CATALOG_LOAD_CONFLICT" });
  t.same(await lost.store.db.selectFrom("resource_version").selectAll().execute(), []);
  t.same(await readdir(join(lost.dataDir, "vault", lost.holder)), [], "and its files are gone");
});

t.test("a sweep leaves a load under way alone", async (t) => {
  const resource = await newResource();
  async function* sweptMeanwhile() {
    const bytes = Buffer.from(personFile(50));
    yield bytes.subarray(0, 400);
    t.equal(await catalog.sweepOrphans(), 0);
    yield bytes.subarray(400);
  }
  t.match(await catalog.load(steward, resource, sweptMeanwhile()), { number: 1, rows: 50 });
});

t.test("a catalogue that never loaded has nothing to sweep", async (t) => {
  const { catalog: empty } = await openTestCatalog(t);
  t.equal(await empty.sweepOrphans(), 0);
});
