import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync, type Zippable, zipSync } from "fflate";
import { CompactSign } from "jose";
import t from "tap";
import { verifyPackage } from "../../../src/export-gate/index.ts";
import { formatVerifierKey } from "../../../src/kernel/index.ts";
import { openGate } from "../../export-gate/gate-fixture.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openGate(t);
const { gate, store, log, people, released, request, finish, dataDir, random, keys: keystore } = fixture;
const { analyst, officer, reviewer1, reviewer2 } = people;
const keys = { packageKey: await gate.packageKey(), logKey: await log.verifierKey() };
const fetchPackage = async (id: string): Promise<Uint8Array> => {
  const { token } = expectValue(await gate.createGrant(analyst, id));
  return new Uint8Array(expectValue(await gate.redeem(analyst, token)).bytes);
};
const out = await released();
const archive = await fetchPackage(out.id);
const fileIn = (from: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array => {
  const bytes = new Map(Object.entries(from)).get(name);
  if (bytes === undefined) throw new Error(`no ${name} in the package`);
  return bytes;
};
const files = unzipSync(archive);
const pack = (over: Zippable): Uint8Array => zipSync({ ...files, ...over }, { mtime: new Date("1980-01-01T00:00:00") });
const without = (name: string): Uint8Array => {
  const { [name]: _gone, ...rest } = files;
  return zipSync(rest, { mtime: new Date("1980-01-01T00:00:00") });
};
/** Checks that do not hold. */
const failing = async (bytes: Uint8Array, with_ = keys) =>
  (await verifyPackage(bytes, with_)).filter(({ ok }) => !ok).map(({ check }) => check);
const textOf = (name: string): string => Buffer.from(fileIn(files, name)).toString("utf8");
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

t.test("a genuine package verifies off line, and says what it is", async (t) => {
  t.strictSame(await failing(archive), []);
  t.strictSame(Object.keys(files), [
    "data.csv",
    "data.json",
    "checks.json",
    "manifest.json",
    "manifest.jws",
    "release.tlog-proof",
    "release-event.json",
  ]);
  t.equal(textOf("data.csv").split("\r\n")[0], "county,n,s");
  t.match(JSON.parse(textOf("manifest.json")), {
    v: 1,
    export: out.id,
    product: "各县收入",
    releasedBy: officer.id,
    articles: ["22", "24"],
    files: Object.fromEntries(
      ["data.csv", "data.json", "checks.json"].map((name) => [
        name,
        createHash("sha256")
          .update(files[name] ?? "")
          .digest("hex"),
      ]),
    ),
  });
  const { reviewers } = JSON.parse(textOf("manifest.json"));
  t.strictSame(
    new Set(reviewers.map(({ reviewer }: { readonly reviewer: string }) => reviewer)),
    new Set([reviewer1.id, reviewer2.id]),
  );
});

t.test("no byte of any file can be changed unseen", async (t) => {
  for (const [name, bytes] of Object.entries(files))
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 2]) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
      t.not((await failing(pack({ [name]: changed }))).length, 0, `${name}, byte ${at}`);
    }
});

t.test("no file can be taken away, emptied, added or named twice", async (t) => {
  for (const name of Object.keys(files)) {
    t.ok((await failing(without(name))).includes("files"), `without ${name}`);
    t.not((await failing(pack({ [name]: new Uint8Array() }))).length, 0, `${name} empty`);
  }
  t.strictSame(await failing(pack({ "readme.txt": bytesOf("hello") })), ["files"]);
  t.strictSame(await failing(pack({ "../data.csv": bytesOf("hello") })), ["files"]);
  // A genuine data.csv stands last; a program that takes the first shows another.
  const twice = Buffer.from(zipSync({ "data.cs_": bytesOf("county,n\r\n裕华区,6\r\n"), ...files })).toString("latin1");
  const doubled = Uint8Array.from(Buffer.from(twice.replaceAll("data.cs_", "data.csv"), "latin1"));
  t.ok((await failing(doubled)).includes("files"));
});

t.test("what is no archive, or no package, verifies nothing and breaks nothing", async (t) => {
  for (const bytes of [new Uint8Array(), bytesOf("PK"), archive.slice(0, -30), archive.slice(100), zipSync({})])
    t.ok((await failing(bytes)).includes("files"));
  for (const text of [
    "",
    "null",
    "[]",
    "{}",
    "1",
    "not json",
    '{"files":null}',
    `{"columns":[],"rows":${"[".repeat(600)}${"]".repeat(600)}}`,
  ])
    for (const name of Object.keys(files))
      t.not((await failing(pack({ [name]: bytesOf(text) }))).length, 0, `${name}: ${text.slice(0, 20)}`);
});

t.test("an archive that would unpack to more than a package can hold is not unpacked", async (t) => {
  const bomb = Buffer.from(pack({}));
  // Uncompressed size of the first file, in the central directory (APPNOTE 4.3.12).
  bomb.writeUInt32LE(0x7fff_ffff, bomb.indexOf("PK\u0001\u0002") + 24);
  t.ok((await failing(new Uint8Array(bomb))).includes("files"));
});

t.test("another platform's keys verify nothing", async (t) => {
  const other = (name: string) => formatVerifierKey(name, random.bytes(32));
  t.strictSame(await failing(archive, { ...keys, packageKey: other("hanguang.test/packages") }), ["signature"]);
  t.strictSame(await failing(archive, { ...keys, logKey: other("hanguang.test/log") }), ["inclusion in the log"]);
  // A key under a name that is not its own is a mistake of the caller, not of the package.
  const renamed = keys.logKey.replace(/^[^+]+/, "elsewhere.test/log");
  await t.rejects(verifyPackage(archive, { ...keys, logKey: renamed }), { code: "KERNEL_NOTE_MALFORMED" });
});

t.test("a signature of another kind or over another manifest is not this manifest's", async (t) => {
  const [, payload, signature] = textOf("manifest.jws").trim().split(".");
  const none = Buffer.from('{"alg":"none","typ":"hanguang-manifest+json"}').toString("base64url");
  for (const jws of [`${none}.${payload}.`, `${none}.${payload}.${signature}`])
    t.strictSame(await failing(pack({ "manifest.jws": bytesOf(jws) })), ["signature"]);
  const manifest = textOf("manifest.json").replace("各县收入", "各县支出");
  t.strictSame(await failing(pack({ "manifest.json": bytesOf(manifest) })), ["signature", "release event"]);
  // The platform's own key over the same bytes, but signed as something else than a manifest.
  const { privateKey } = await keystore.signing("package-signing");
  const token = await new CompactSign(fileIn(files, "manifest.json"))
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt" })
    .sign(privateKey);
  t.strictSame(await failing(pack({ "manifest.jws": bytesOf(token) })), ["signature"]);
});

t.test("a manifest of figures that nobody reviewed is found, even under the platform's own signature", async (t) => {
  const { privateKey } = await keystore.signing("package-signing");
  const data = bytesOf(textOf("data.json").replace('"300"', '"301"'));
  const sha256 = createHash("sha256").update(data).digest("hex");
  const manifest = JSON.parse(textOf("manifest.json"));
  const forged = bytesOf(JSON.stringify({ ...manifest, files: { ...manifest.files, "data.json": sha256 } }));
  const jws = await new CompactSign(forged).setProtectedHeader({ alg: "EdDSA", typ: "hanguang-manifest+json" }).sign(privateKey);
  const bytes = pack({ "data.json": data, "manifest.json": forged, "manifest.jws": bytesOf(jws) });
  t.strictSame(await failing(bytes), ["content", "release event"]);
});

t.test("the proof and the event of another release, or of another event, prove nothing", async (t) => {
  const other = unzipSync(await fetchPackage((await released()).id));
  const proof = { "release.tlog-proof": fileIn(other, "release.tlog-proof") };
  const leaf = { "release-event.json": fileIn(other, "release-event.json") };
  t.strictSame(await failing(pack(proof)), ["inclusion in the log"]);
  t.strictSame(await failing(pack(leaf)), ["release event", "inclusion in the log"]);
  t.strictSame(await failing(pack({ ...proof, ...leaf })), ["release event"]);
  const { id } = await store.db.selectFrom("audit_event").select("id").orderBy("arrival").executeTakeFirstOrThrow();
  const first = await log.inclusion(id);
  t.strictSame(await failing(pack({ "release.tlog-proof": bytesOf(first.proof), "release-event.json": first.leaf })), [
    "release event",
  ]);
});

t.test("a proof of another form is no proof", async (t) => {
  const genuine = textOf("release.tlog-proof");
  for (const proof of [
    genuine.replace("tlog-proof@v1", "tlog-proof@v2"),
    genuine.replace(/^index .*$/m, "index -1"),
    genuine.replace(/^index .*$/m, "index 01"),
    genuine.replace(/^index .*$/m, "index 999999999999999"),
    genuine.replace(/^index .*$/m, ""),
    genuine.replaceAll("\n\n", "\n"),
    genuine.split("\n").slice(0, 1).join("\n"),
    genuine.replace(/\n— .*/s, "\n"),
  ])
    t.strictSame(await failing(pack({ "release.tlog-proof": bytesOf(proof) })), ["inclusion in the log"], proof.slice(0, 60));
});

t.test("formulas are neutralised in data.csv and genuine in data.json", async (t) => {
  const { result } = await finish("SELECT county, count(*) AS n FROM person GROUP BY county", [
    { county: "=HYPERLINK(1)", people: 300 },
  ]);
  const { id } = await request({ result });
  for (const reviewer of [reviewer1, reviewer2])
    expectValue(await gate.vote(reviewer, { export: id, decision: "approve", reason: "only a label, no formula" }));
  expectValue(await gate.release(officer, id));
  const inside = unzipSync(await fetchPackage(id));
  t.equal(Buffer.from(fileIn(inside, "data.csv")).toString("utf8"), "county,n\r\n'=HYPERLINK(1),300\r\n");
  t.match(Buffer.from(fileIn(inside, "data.json")).toString("utf8"), '"=HYPERLINK(1)"');
});

t.test("a package lies sealed on disk, and one that was altered there is not handed out", async (t) => {
  const { id } = await released();
  const row = await store.db
    .selectFrom("package")
    .innerJoin("copy", "copy.id", "package.copy_id")
    .select(["copy.location", "copy.sha256"])
    .where("export_id", "=", id)
    .executeTakeFirstOrThrow();
  const sealed = await readFile(join(dataDir, row.location));
  const genuine = await fetchPackage(id);
  // Eight bytes: of two, "PK" say, some stand in any sealed text of this length by chance.
  const pieces = Array.from({ length: Math.floor(genuine.length / 8) }, (_unused, at) =>
    Buffer.from(genuine.subarray(8 * at, 8 * at + 8)),
  );
  t.same(
    pieces.filter((piece) => sealed.includes(piece)),
    [],
    "nothing of the archive in the clear",
  );
  t.equal(createHash("sha256").update(genuine).digest("hex"), row.sha256);
  const half = Math.floor(sealed.length / 2);
  await writeFile(join(dataDir, row.location), sealed.with(half, (sealed[half] ?? 0) ^ 1));
  const { token } = expectValue(await gate.createGrant(analyst, id));
  await t.rejects(gate.redeem(analyst, token));
  await writeFile(join(dataDir, row.location), sealed);
  t.ok("bytes" in (await gate.redeem(analyst, token)));
});

t.test("a crash between release and assembly only puts the package off; many who ask then get one and the same", async (t) => {
  const { id } = await released();
  await store.db.updateTable("package").set({ copy_id: null }).where("export_id", "=", id).execute();
  const folder = join(dataDir, "packages");
  const before = (await readdir(folder)).length;
  const packages = await Promise.all(Array.from({ length: 8 }, () => fetchPackage(id)));
  for (const bytes of packages) t.strictSame(await failing(bytes), []);
  t.equal(new Set(packages.map((bytes) => createHash("sha256").update(bytes).digest("hex"))).size, 1);
  const after = await readdir(folder);
  t.equal(after.length, before + 1);
  t.ok(after.every((name) => name.endsWith(".zip.sealed")));
});
