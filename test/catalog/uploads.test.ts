import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { sha256Hex } from "../../src/kernel/index.ts";
import { chunksOf, personFile, personHeader, startEngine } from "../engine/engine-fixture.ts";
import { parquetOf } from "../support/parquet.ts";
import { expectValue } from "../support/value.ts";
import { openTestCatalog, personResources } from "./catalog-fixture.ts";

const { engine } = await startEngine(t);
const pieceBytes = 65_536;
const fixture = await openTestCatalog(t, engine, { uploadPieceBytes: pieceBytes, maxOpenUploads: 50, maxReadingsPerUnit: 4 });
const { catalog, steward, store, dataDir, clock } = fixture;
const newResource = await personResources(fixture);
const csv = { contentType: "text/csv", mode: "replace" } as const;
const begin = async (resource: string, length: number, handIn: object = csv) =>
  expectValue(await catalog.createUpload(steward, resource, { ...csv, ...handIn, length })).id;
const send = (id: string, offset: number, bytes: Uint8Array, checksum?: { algorithm: "sha1" | "sha256"; digest: Uint8Array }) =>
  catalog.receiveUpload(steward, id, { offset, body: chunksOf(bytes, 10_000), checksum });
const finish = (id: string, bytes: Uint8Array) => catalog.finishUpload(steward, id, { sha256: sha256Hex(bytes) });
const uploadFolder = (id: string) => join(dataDir, "uploads", id);
const filesOf = (id: string) => readdir(uploadFolder(id)).catch(() => []);
const eventTypes = async (count: number) => (await fixture.events()).slice(-count).map(({ type }) => type);
const people = Buffer.from(personFile(5000));

t.test("a file that came in pieces is the version it would have been at once", async (t) => {
  const resource = await newResource();
  const id = await begin(resource, people.length);
  const half = 100_000;
  t.match(await send(id, 0, people.subarray(0, half)), { received: half, length: people.length });
  t.match(await catalog.findUpload(steward, id), { received: half });
  // Another process goes on: nothing of an upload is in memory.
  const other = fixture.reopen();
  const rest = people.subarray(half);
  t.match(await other.receiveUpload(steward, id, { offset: half, body: chunksOf(rest) }), { received: people.length });
  const loaded = expectValue(await other.finishUpload(steward, id, { sha256: sha256Hex(people) }));
  t.match(loaded, { resource, number: 1, rows: 5000, contentHash: sha256Hex(people) });
  t.match((await fixture.events()).at(-1), { type: "resource-version.loaded", object: loaded.id, from: [resource, id] });
  t.match(await catalog.findUpload(steward, id), { code: "CATALOG_UPLOAD_LOADED", detail: { version: loaded.id } });
  t.same(await filesOf(id), []);
  const [row] = await store.db.selectFrom("upload").selectAll().where("id", "=", id).execute();
  t.match(row, { state: "loaded", key_sealed: null, version_id: loaded.id });
  const copies = await store.db.selectFrom("copy").select("destroyed_at").where("object_id", "=", id).execute();
  t.ok(copies[0]?.destroyed_at, "its copy is told destroyed");
});

t.test("what lies on the disk is sealed", async (t) => {
  const id = await begin(await newResource(), people.length);
  await send(id, 0, people);
  const files = await filesOf(id);
  t.ok(files.length > 2, "a file for each piece");
  for (const file of files) {
    const bytes = await readFile(join(uploadFolder(id), file));
    t.notOk(bytes.includes("County"), file);
    t.ok(bytes.length > 20_000);
  }
});

t.test("bytes count once they are durable: a sender that breaks off goes on from there", async (t) => {
  const id = await begin(await newResource(), people.length);
  async function* broken() {
    yield people.subarray(0, 150_000);
    throw new Error("connection reset");
  }
  t.match(await catalog.receiveUpload(steward, id, { offset: 0, body: broken() }), { code: "CATALOG_FILE_INCOMPLETE" });
  t.match(await catalog.findUpload(steward, id), { received: 150_000 });
  t.same(await eventTypes(2), ["upload.received", "upload.received"]);
  t.match((await fixture.events()).at(-1), { outcome: "refused", code: "CATALOG_FILE_INCOMPLETE" });
  expectValue(await send(id, 150_000, people.subarray(150_000)));
  t.match(await finish(id, people), { rows: 5000 });
});

t.test("of two writers at one offset, one goes on", async (t) => {
  const id = await begin(await newResource(), people.length);
  const answers = await Promise.all([send(id, 0, people.subarray(0, 50_000)), send(id, 0, people.subarray(0, 40_000))]);
  const codes = answers.map((answer) => ("code" in answer ? answer.code : "received"));
  t.same(codes.toSorted(), ["CATALOG_UPLOAD_OFFSET", "received"]);
  const { received } = expectValue(await catalog.findUpload(steward, id));
  t.equal((await filesOf(id)).length, 1, "the other's bytes are gone");
  expectValue(await send(id, received, people.subarray(received)));
  t.match(await finish(id, people), { rows: 5000 });
});

t.test("bytes for another place are refused, and told where to go on", async (t) => {
  const id = await begin(await newResource(), 1000);
  expectValue(await send(id, 0, people.subarray(0, 400)));
  for (const offset of [0, 399, 401, 1000])
    t.match(await send(id, offset, Buffer.alloc(10)), { code: "CATALOG_UPLOAD_OFFSET", detail: { received: 400 } });
  t.match(await send(id, 400, Buffer.alloc(601)), { code: "CATALOG_UPLOAD_TOO_LONG" });
  t.match(await catalog.findUpload(steward, id), { received: 400 });
  t.match(await finish(id, people), { code: "CATALOG_UPLOAD_INCOMPLETE", detail: { received: 400, length: 1000 } });
});

t.test("with a checksum, all bytes count or none", async (t) => {
  const id = await begin(await newResource(), people.length);
  const half = people.subarray(0, 150_000);
  const digest = createHash("sha256").update(half).digest();
  t.match(await send(id, 0, half.toReversed(), { algorithm: "sha256", digest }), { code: "CATALOG_UPLOAD_CHECKSUM" });
  t.match(await catalog.findUpload(steward, id), { received: 0 });
  t.same(await filesOf(id), []);
  async function* broken() {
    yield half.subarray(0, 100_000);
    throw new Error("connection reset");
  }
  await catalog.receiveUpload(steward, id, { offset: 0, body: broken(), checksum: { algorithm: "sha256", digest } });
  t.match(await catalog.findUpload(steward, id), { received: 0 });
  t.match(await send(id, 0, half, { algorithm: "sha256", digest }), { received: 150_000 });
  const rest = people.subarray(150_000);
  const sha1 = createHash("sha1").update(rest).digest();
  t.match(await send(id, 150_000, rest, { algorithm: "sha1", digest: sha1 }), { received: people.length });
  t.match(await finish(id, people), { rows: 5000 });
});

t.test("another steward's upload looks absent, whatever is asked of it", async (t) => {
  const id = await begin(await newResource(), people.length);
  expectValue(await send(id, 0, people));
  const { otherSteward } = fixture;
  for (const answer of [
    await catalog.findUpload(otherSteward, id),
    await catalog.receiveUpload(otherSteward, id, { offset: people.length, body: chunksOf("x") }),
    await catalog.finishUpload(otherSteward, id, { sha256: sha256Hex(people) }),
    await catalog.removeUpload(otherSteward, id),
  ])
    t.match(answer, { code: "CATALOG_UPLOAD_NOT_FOUND", detail: undefined });
  t.match((await fixture.events()).at(-1), { type: "upload.removed", actor: { id: otherSteward.id }, outcome: "refused" });
  t.match(await finish(id, people), { rows: 5000 }, "and it is untouched");
});

t.test("an upload whose hash is another's makes no version; the right one does", async (t) => {
  const resource = await newResource();
  const id = await begin(resource, people.length);
  expectValue(await send(id, 0, people));
  t.match(await finish(id, Buffer.from("another")), { code: "CATALOG_UPLOAD_HASH" });
  t.same(expectValue(await catalog.findResource(steward, resource)).versions, []);
  t.match(await finish(id, people), { number: 1 });
});

t.test("two finishes at once make one version", async (t) => {
  const resource = await newResource();
  const id = await begin(resource, people.length);
  expectValue(await send(id, 0, people));
  const answers = await Promise.all([finish(id, people), finish(id, people)]);
  t.equal(answers.filter((answer) => "number" in answer).length, 1);
  t.equal(expectValue(await catalog.findResource(steward, resource)).versions.length, 1);
});

t.test("a bad file is refused with its place, and may be looked at again until it is removed", async (t) => {
  const bytes = Buffer.from(`${personHeader}a,b,not a day,1,1\n`);
  const resource = await newResource();
  const id = await begin(resource, bytes.length);
  expectValue(await send(id, 0, bytes));
  for (let time = 0; time < 2; time++)
    t.match(await finish(id, bytes), { code: "CATALOG_FILE_VALUE", detail: { line: 2, column: "born" } });
  t.match((await fixture.events()).at(-1), {
    type: "resource-version.loaded",
    object: id,
    outcome: "refused",
    data: { column: "born" },
  });
  t.equal(await catalog.removeUpload(steward, id), undefined);
  t.match((await fixture.events()).at(-1), { type: "upload.removed", object: id, outcome: "done" });
  t.same(await filesOf(id), []);
  for (const answer of [await catalog.findUpload(steward, id), await send(id, 0, bytes), await finish(id, bytes)])
    t.match(answer, { code: "CATALOG_UPLOAD_NOT_FOUND" });
});

t.test("Parquet, GB18030 and appends come by uploads too", async (t) => {
  const resource = await newResource();
  const rows =
    "SELECT 'k' || i AS id_card, 'c' AS county, DATE '2000-01-01' AS born, i::INTEGER AS income, 1::SMALLINT AS children";
  const parquet = await parquetOf(`${rows} FROM range(100) t(i)`);
  const id = await begin(resource, parquet.length, { contentType: "application/vnd.apache.parquet" });
  expectValue(await send(id, 0, parquet));
  const first = expectValue(await finish(id, parquet));
  const gbk = Buffer.concat([Buffer.from(`${personHeader}x1,`), Buffer.from([0xca, 0xaf, 0xbc, 0xd2]), Buffer.from(",,,\n")]);
  const more = await begin(resource, gbk.length, { contentType: "text/csv; charset=gbk", mode: "append", expected: first.id });
  expectValue(await send(more, 0, gbk));
  t.match(await finish(more, gbk), { number: 2, rows: 101, appendedTo: first.id });
});

t.test("an upload to which nothing is added expires, and its bytes are gone", async (t) => {
  const id = await begin(await newResource(), people.length);
  clock.advance(86_000_000);
  expectValue(await send(id, 0, people.subarray(0, 10)));
  clock.advance(86_000_000);
  t.match(await catalog.findUpload(steward, id), { received: 10 }, "an addition prolongs it");
  clock.advance(400_000);
  t.match(await send(id, 10, people.subarray(10)), { code: "CATALOG_UPLOAD_EXPIRED" });
  await catalog.sweepUploads();
  t.same(await filesOf(id), []);
  const expired = (await fixture.events()).filter(({ type, object }) => type === "upload.expired" && object === id);
  t.equal(expired.length, 1);
  t.equal(await catalog.sweepUploads(), 0, "a second sweep finds nothing");
  t.match(await catalog.findUpload(steward, id), { code: "CATALOG_UPLOAD_EXPIRED" });
});

function canMount(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "none", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

t.test("a full disk refuses bytes and keeps those before; with room, the sender goes on", async (t) => {
  const folder = join(dataDir, "uploads");
  if (!canMount(folder)) {
    t.comment("skipped: no right to mount a small file system here");
    return;
  }
  t.teardown(() => execFileSync("umount", [folder]));
  const id = await begin(await newResource(), people.length);
  expectValue(await send(id, 0, people.subarray(0, 60_000)));
  const ballast = join(folder, "ballast");
  await writeFile(ballast, Buffer.alloc(240_000));
  t.match(await send(id, 60_000, people.subarray(60_000)), { code: "CATALOG_DISK_FULL" });
  const { received } = expectValue(await catalog.findUpload(steward, id));
  t.ok(received >= 60_000 && received < people.length, `${received} bytes`);
  const pieces = await store.db.selectFrom("upload_piece").select("file").where("upload_id", "=", id).execute();
  t.equal((await filesOf(id)).length, pieces.length, "no half piece is left");
  await unlink(ballast);
  t.match(await send(id, received, people.subarray(received)), { received: people.length });
  t.match(await finish(id, people), { rows: 5000 });
});

t.test("what cannot become a version is refused before a byte of it is sent", async (t) => {
  const resource = await newResource();
  const codeOf = async (request: object, target = resource) => {
    const answer = await catalog.createUpload(steward, target, { ...csv, length: 10, ...request });
    return "code" in answer ? answer.code : "made";
  };
  t.equal(await codeOf({ length: 10_737_418_241 }), "CATALOG_FILE_LIMIT");
  t.equal(await codeOf({ length: 536_870_913, contentType: "application/vnd.apache.parquet" }), "CATALOG_FILE_LIMIT");
  t.equal(await codeOf({ contentType: "text/csv; charset=utf-7" }), "CATALOG_CHARSET_UNKNOWN");
  t.equal(await codeOf({ contentType: "text/html" }), "CATALOG_FORMAT_UNKNOWN");
  t.equal(await codeOf({ mode: "append" }), "CATALOG_EXPECTED_VERSION_MISSING");
  t.equal(await codeOf({ mode: "append", expected: "rev_\0" }), "CATALOG_VERSION_CHANGED");
  t.equal(await codeOf({}, "res_none"), "CATALOG_RESOURCE_NOT_FOUND");
  t.match((await fixture.events()).at(-1), { type: "upload.created", outcome: "refused", code: "CATALOG_RESOURCE_NOT_FOUND" });
});

t.test("a source unit has so many uploads under way and no more", async (t) => {
  const small = fixture.reopen({ maxOpenUploads: 1, uploadPieceBytes: pieceBytes });
  await store.db.updateTable("upload").set({ expires_at: clock.now() }).where("state", "=", "open").execute();
  const resource = await newResource();
  const first = expectValue(await small.createUpload(steward, resource, { ...csv, length: 10 }));
  t.match(await small.createUpload(steward, resource, { ...csv, length: 10 }), { code: "CATALOG_UPLOADS_TOO_MANY" });
  await small.removeUpload(steward, first.id);
  t.match(await small.createUpload(steward, resource, { ...csv, length: 10 }), { received: 0 });
});
