import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { systemRandom } from "../../src/kernel/index.ts";
import { type KeystoreOptions, openKeystore } from "../../src/keys/index.ts";

const makeOptions = async (t: Test): Promise<KeystoreOptions> => {
  const folder = await mkdtemp(join(tmpdir(), "hg-keys-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  return { path: join(dataDir, "keystore"), rootKeyPath: join(folder, "root.key"), dataDir, random: systemRandom };
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const fileOf = (options: KeystoreOptions, purpose: string, owner: string) => join(options.path, `${purpose}.${owner}.json`);
const secretText = Buffer.from("SELECT 1");

t.test("root key and keystore are made at first start, for their owner's eyes only, and open again", async (t) => {
  const options = await makeOptions(t);
  const first = await openKeystore(options);
  const secret = await first.secret("family-record", "fam_1");
  const { publicBytes } = await first.signing("log-signing");
  t.equal((await stat(options.rootKeyPath)).mode & 0o777, 0o600);
  t.equal((await stat(options.path)).mode & 0o777, 0o700);
  t.equal((await stat(fileOf(options, "family-record", "fam_1"))).mode & 0o777, 0o600);
  const again = await openKeystore(options);
  t.strictSame(Buffer.from(await again.secret("family-record", "fam_1")), Buffer.from(secret));
  t.strictSame((await again.signing("log-signing")).publicBytes, publicBytes);
  t.equal(secret.length, 32);
  t.strictSame(
    (await readdir(options.path)).sort(),
    ["family-record.fam_1.json", "log-signing.platform.json"],
    "and nothing else",
  );
  const stored = await readFile(fileOf(options, "family-record", "fam_1"), "utf8");
  for (const encoding of ["base64", "base64url", "hex"] as const)
    t.notOk(stored.includes(Buffer.from(secret).toString(encoding)), `no key in the clear (${encoding})`);
});

t.test("each purpose and owner has a key of its own; two first uses agree on one", async (t) => {
  const keys = await openKeystore(await makeOptions(t));
  const asked = await Promise.all([
    keys.secret("agreement-data", "agr_1"),
    keys.secret("agreement-data", "agr_1"),
    keys.secret("agreement-data", "agr_2"),
    keys.secret("agreement-record", "agr_1"),
  ]);
  t.equal(new Set(asked.map((key) => Buffer.from(key).toString("hex"))).size, 3);
});

t.test("a root key inside the data folder is refused, however it is named", async (t) => {
  const options = await makeOptions(t);
  for (const rootKeyPath of ["root.key", "deep/root.key", "../data/root.key", "."].map((path) => join(options.dataDir, path)))
    await t.rejects(openKeystore({ ...options, rootKeyPath }), { code: "KEYS_ROOT_INSIDE_DATA", message: /--key-file/ });
});

t.test("a folder whose name begins with dots is still inside", async (t) => {
  const options = await makeOptions(t);
  await mkdir(join(options.dataDir, "..keys"));
  await t.rejects(openKeystore({ ...options, rootKeyPath: join(options.dataDir, "..keys", "root.key") }), {
    code: "KEYS_ROOT_INSIDE_DATA",
  });
});

t.test("a root key that is missing, wrong or torn stops the start; none is made in its place", async (t) => {
  const options = await makeOptions(t);
  await (await openKeystore(options)).secret("agreement-data", "agr_1");
  const right = await readFile(options.rootKeyPath, "utf8");

  await rm(options.rootKeyPath);
  await t.rejects(openKeystore(options), { code: "KEYS_ROOT_MISSING", message: /Put it back/ });
  await t.rejects(readFile(options.rootKeyPath), { code: "ENOENT" });

  await writeFile(options.rootKeyPath, `${Buffer.alloc(32, 7).toString("base64url")}\n`);
  await t.rejects(openKeystore(options), { code: "KEYS_ROOT_WRONG" });

  await writeFile(options.rootKeyPath, right.slice(0, 20));
  await t.rejects(openKeystore(options), { code: "KEYS_ROOT_MALFORMED" });

  await writeFile(options.rootKeyPath, right);
  t.ok(await openKeystore(options));
});

t.test(
  "a root key that may not be read is not taken for a missing one",
  { skip: process.getuid?.() === 0 && "root reads all" },
  async (t) => {
    const options = await makeOptions(t);
    await openKeystore(options);
    await chmod(options.rootKeyPath, 0);
    await t.rejects(openKeystore(options));
  },
);

t.test("a keystore that is a file, or a torn key, is not taken for a missing one", async (t) => {
  const file = await makeOptions(t);
  await writeFile(file.path, "");
  await t.rejects(openKeystore(file), "an unreadable keystore is no first start");

  const torn = await makeOptions(t);
  const keys = await openKeystore(torn);
  await keys.secret("agreement-data", "agr_1");
  const stored = await readFile(fileOf(torn, "agreement-data", "agr_1"), "utf8");
  const malformed = { code: "KEYS_STORE_MALFORMED", message: /backup/ };
  for (const text of [stored.slice(0, stored.length / 2), "", "null", "{}", stored.replace(/"wrapped":"[^"]*"/, '"wrapped":7')]) {
    await writeFile(fileOf(torn, "agreement-data", "agr_1"), text);
    await t.rejects(openKeystore(torn), malformed, text);
    await t.rejects(keys.secret("agreement-data", "agr_1"), malformed, "nor is one made in its place");
  }
});

t.test("two gateways on one keystore lose no key, agree on each, and see each other's destructions", async (t) => {
  const options = await makeOptions(t);
  const first = await openKeystore(options);
  await first.secret("family-record", "fam_0");
  const gateways = [first, await openKeystore(options), await openKeystore(options)];
  const owners = Array.from({ length: 20 }, (_, at) => `agr_${at}`);
  const made = await Promise.all(
    gateways.map((keys) => Promise.all(owners.map(async (owner) => text(await keys.secret("agreement-data", owner))))),
  );
  t.strictSame(made[1], made[0]);
  t.strictSame(made[2], made[0]);
  t.equal((await readdir(options.path)).length, owners.length + 1, "and nothing is left beside");
  const again = await openKeystore(options);
  for (const [at, owner] of owners.entries()) t.equal(text(await again.secret("agreement-data", owner)), made[0]?.[at]);
  await gateways[1]?.destroy("agreement-data", "agr_3");
  for (const keys of gateways) await t.rejects(keys.secret("agreement-data", "agr_3"), { code: "KEYS_KEY_DESTROYED" });
});

t.test("an owner that is no id names no file", async (t) => {
  const keys = await openKeystore(await makeOptions(t));
  for (const owner of ["../../root", "a/b", "", ".", "x".repeat(65), "a\u0000"])
    await t.rejects(keys.secret("agreement-data", owner), { code: "KEYS_OWNER_INVALID" }, JSON.stringify(owner));
});

t.test("a wrapped key that was altered, or moved to another owner, does not open", async (t) => {
  const options = await makeOptions(t);
  const keys = await openKeystore(options);
  await keys.secret("agreement-data", "agr_1");
  await keys.secret("agreement-data", "agr_2");
  const entryOf = async (owner: string) => JSON.parse(await readFile(fileOf(options, "agreement-data", owner), "utf8"));
  const write = (owner: string, entry: unknown) => writeFile(fileOf(options, "agreement-data", owner), JSON.stringify(entry));
  const [one, two] = [await entryOf("agr_1"), await entryOf("agr_2")];

  await write("agr_1", { ...one, wrapped: two.wrapped });
  await t.rejects(keys.secret("agreement-data", "agr_1"), { code: "KEYS_ROOT_WRONG" });
  await t.rejects(openKeystore(options), { code: "KEYS_ROOT_WRONG" });
  await write("agr_1", two);
  await t.rejects(keys.secret("agreement-data", "agr_1"), { code: "KEYS_STORE_MALFORMED" }, "under another's name");
  await write("agr_1", one);
  const bytes = Buffer.from(two.wrapped, "base64");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await write("agr_2", { ...two, wrapped: bytes.toString("base64") });
  await t.rejects(keys.secret("agreement-data", "agr_2"), { code: "KEYS_ROOT_WRONG" });
});

t.test("what is sealed opens with its key in its place only", async (t) => {
  const keys = await openKeystore(await makeOptions(t));
  const sealed = await keys.seal("agreement-record", "agr_1", secretText, "job_1/sql");
  t.equal(text(await keys.unseal("agreement-record", "agr_1", sealed, "job_1/sql")), "SELECT 1");
  t.notOk(sealed.includes(secretText));
  const other = await keys.seal("agreement-record", "agr_1", secretText, "job_1/sql");
  t.notOk(sealed.equals(other), "the same text twice has two ciphertexts");
  const broken = { code: "KEYS_SEAL_BROKEN", message: "The sealed text does not open with this key in this place." };
  await t.rejects(keys.unseal("agreement-record", "agr_1", sealed, "job_2/sql"), broken, "another place");
  await t.rejects(keys.unseal("agreement-record", "agr_2", sealed, "job_1/sql"), broken, "another owner");
  await t.rejects(keys.unseal("agreement-data", "agr_1", sealed, "job_1/sql"), broken, "another purpose");
  for (const at of sealed.keys()) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    await t.rejects(keys.unseal("agreement-record", "agr_1", altered, "job_1/sql"), broken, `byte ${at}`);
  }
  for (const length of [0, 1, 12, 28, sealed.length - 1])
    await t.rejects(keys.unseal("agreement-record", "agr_1", sealed.subarray(0, length), "job_1/sql"), broken, `${length} bytes`);
});

t.test("a destroyed key is gone for ever, for the next start too", async (t) => {
  const options = await makeOptions(t);
  const keys = await openKeystore(options);
  const sealed = await keys.seal("agreement-data", "agr_1", secretText, "c");
  await keys.destroy("agreement-data", "agr_1");
  const gone = { code: "KEYS_KEY_DESTROYED" };
  await t.rejects(keys.unseal("agreement-data", "agr_1", sealed, "c"), gone);
  await t.rejects(keys.secret("agreement-data", "agr_1"), gone, "and none is made in its place");
  const again = await openKeystore(options);
  await t.rejects(again.unseal("agreement-data", "agr_1", sealed, "c"), gone);
});
