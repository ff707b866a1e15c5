import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import t from "tap";
import { Upload } from "tus-js-client";
import type { ApiClient } from "../../../scripts/demo/api-client.ts";
import { declarePeople, peopleCsv, problemOf, startTestPlatform } from "../../support/platform.ts";

const over = { ingest: { stallTimeoutMs: 400, uploadPieceBytes: 65_536 } };
const fixture = await startTestPlatform(t, over);
const { steward, analyst, url, dataDir } = fixture;
const resource = await declarePeople(fixture);
const uploads = `/v1/resources/${resource}/uploads`;
const file = Buffer.from(peopleCsv().repeat(1));
const sha256 = createHash("sha256").update(file).digest("hex");
const tus = { "tus-resumable": "1.0.0" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const call = (client: ApiClient, method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array) =>
  fetch(new URL(path, url), {
    method,
    headers: { authorization: client.authorization(), ...tus, ...headers },
    ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
  });
const create = async (headers: Record<string, string> = {}) => {
  const made = await call(steward, "POST", uploads, { "upload-length": String(file.length), ...headers });
  return { status: made.status, location: made.headers.get("location") ?? "", made };
};
const patch = (location: string, offset: number, body: Uint8Array, headers: Record<string, string> = {}) =>
  call(
    steward,
    "PATCH",
    location,
    { "content-type": "application/offset+octet-stream", "upload-offset": String(offset), ...headers },
    body,
  );
const finish = (location: string) => steward.post(`${location}/finish`, { sha256 });
const versions = async () => ((await steward.get(`/v1/resources/${resource}`))["versions"] as readonly unknown[]).length;

t.test("a well-known tus client uploads, breaks off, and another one goes on", async (t) => {
  const options = {
    endpoint: new URL(uploads, url).href,
    headers: { authorization: steward.authorization() },
    metadata: { filetype: "text/csv", filename: "../../etc/passwd" },
    chunkSize: 6000,
    retryDelays: [],
  };
  let location = "";
  await new Promise<void>((resolve, reject) => {
    const first = new Upload(file, {
      ...options,
      onError: reject,
      onChunkComplete: (_size, accepted) => {
        location = first.url ?? "";
        if (accepted >= 12_000) first.abort().then(() => resolve(), reject);
      },
    });
    first.start();
  });
  await new Promise<void>((resolve, reject) => {
    new Upload(file, { ...options, uploadUrl: location, onError: reject, onSuccess: () => resolve() }).start();
  });
  const { pathname } = new URL(location);
  t.match(await finish(pathname), { number: 1, rows: 600, contentHash: sha256 });
  t.match(await problemOf(finish(pathname)), { httpStatus: 410, code: "CATALOG_UPLOAD_LOADED" });
});

t.test("the protocol says what it speaks, and refuses what it does not", async (t) => {
  const about = await call(steward, "OPTIONS", "/v1/uploads");
  t.equal(about.status, 204);
  t.equal(about.headers.get("tus-extension"), "creation,expiration,checksum,termination");
  const old = await create({ "tus-resumable": "0.2.2" });
  t.equal(old.status, 412);
  t.equal(old.made.headers.get("tus-version"), "1.0.0");
  for (const length of ["-1", "1e3", "0", "0x10", "", "9999999999999999", " 5 6"])
    t.equal((await create({ "upload-length": length })).status, 400, `length ${length}`);
  for (const metadata of ["filetype", "filetype dGV4dC9jc3Y=,filetype dGV4dC9jc3Y=", "mode !!!", "mode b3RoZXI="]) {
    const { status } = await create({ "upload-metadata": metadata });
    t.ok(status === 400 || status === 415, metadata);
  }
  const { location } = await create();
  const head = await call(steward, "HEAD", location);
  t.match([head.status, head.headers.get("upload-offset"), head.headers.get("upload-length")], [200, "0", String(file.length)]);
  t.equal((await patch(location, 0, file, { "upload-checksum": "md5 AAAA" })).status, 400);
  const wrong = await patch(location, 0, file, { "upload-checksum": `sha256 ${Buffer.alloc(32).toString("base64")}` });
  t.equal(wrong.status, 460);
  t.equal((await patch(location, 7, file)).status, 409);
  t.equal((await patch(location, 0, file, { "content-type": "text/csv" })).status, 415);
  t.equal((await call(steward, "DELETE", location)).status, 204);
  t.equal((await call(steward, "HEAD", location)).status, 404);
});

t.test("names and types are no paths and no headers", async (t) => {
  const hostile = ["../../x", "/etc/passwd", "a\r\nset-cookie: x=1", "a\0b", "%2e%2e%2f", "\u202e"];
  for (const name of hostile) {
    const { status, made, location } = await create({ "upload-metadata": `filename ${base64(name)}` });
    t.equal(status, 201);
    t.notOk(made.headers.has("set-cookie"));
    t.match(location, /^\/v1\/uploads\/upl_[0-9a-z]{26}$/);
    await patch(location, 0, file.subarray(0, 100));
    t.equal((await call(steward, "DELETE", location)).status, 204);
    const type = await create({ "upload-metadata": `filetype ${base64(`text/csv; charset=${name}`)}` });
    t.equal(type.status, 415, JSON.stringify(name));
    t.notOk(type.made.headers.has("set-cookie"));
  }
  for (const id of ["..%2f..%2fkeystore", "upl_..", "%00", "upl_00000000000000000000000000"])
    t.equal((await call(steward, "HEAD", `/v1/uploads/${id}`)).status, 404, id);
  t.same(await readdir(join(dataDir, "uploads")), []);
});

t.test("somebody else's upload is not there", async (t) => {
  const { location } = await create();
  await patch(location, 0, file.subarray(0, 100));
  for (const method of ["GET", "HEAD", "DELETE"]) t.equal((await call(analyst, method, location)).status, 403);
  t.equal((await patch(location, 100, file.subarray(100))).status, 204);
});

t.test("altered, swapped and shortened pieces open nothing and become no version", async (t) => {
  const before = await versions();
  const [one, other] = [await create(), await create()];
  for (const { location } of [one, other]) {
    await patch(location, 0, file.subarray(0, 9000));
    await patch(location, 9000, file.subarray(9000));
  }
  const folderOf = ({ location }: { location: string }) => join(dataDir, "uploads", location.slice(-30));
  const [a, b] = [folderOf(one), folderOf(other)];
  const names = (await readdir(a)).toSorted((x, y) => Number(x.split("-")[0]) - Number(y.split("-")[0]));
  const theirs = (await readdir(b)).toSorted((x, y) => Number(x.split("-")[0]) - Number(y.split("-")[0]));
  const [first = "", second = ""] = names;
  const original = await readFile(join(a, first));
  const swapped = await readFile(join(a, second));
  const forged: Readonly<Record<string, Uint8Array>> = {
    "a bit flipped": original.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
    "cut short": original.subarray(0, original.length - 1),
    nothing: Buffer.alloc(0),
    "another piece of the same upload": swapped,
    "the same piece of another upload": await readFile(join(b, theirs[0] ?? "")),
    "a length that lies": Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff]), original.subarray(4)]),
  };
  for (const [name, bytes] of Object.entries(forged)) {
    await writeFile(join(a, first), bytes);
    t.match(await problemOf(finish(one.location)), { httpStatus: 500, code: "INTERNAL" }, name);
  }
  await writeFile(join(a, first), original);
  await rename(join(a, second), join(a, `${second}.away`));
  t.match(await problemOf(finish(one.location)), { httpStatus: 500 }, "a piece that is gone");
  await rename(join(a, `${second}.away`), join(a, second));
  t.equal(await versions(), before);
  t.match(await finish(one.location), { rows: 600 }, "as it was written, it opens");
});

/** Sends what is given and then nothing; gives what is answered. */
function silentRequest(head: readonly string[], body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
      if (answer.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

t.test("a sender that falls silent is told so, and what it sent of an upload counts", async (t) => {
  const common = ["host: x", `authorization: ${steward.authorization()}`, `content-length: ${file.length}`];
  const put = await silentRequest(
    [`PUT /v1/resources/${resource}/data HTTP/1.1`, ...common, "content-type: text/csv"],
    "id_card,",
  );
  t.match(put, /^HTTP\/1\.1 408 /);
  const { location } = await create();
  const slow = await silentRequest(
    [
      `PATCH ${location} HTTP/1.1`,
      ...common,
      "tus-resumable: 1.0.0",
      "upload-offset: 0",
      "content-type: application/offset+octet-stream",
    ],
    "id_card,",
  );
  t.match(slow, /^HTTP\/1\.1 408 /);
  t.equal((await call(steward, "HEAD", location)).headers.get("upload-offset"), "8");
});

t.test("a packed body is not taken for what is in it", async (t) => {
  for (const coding of ["gzip", "br", "identity, gzip"]) {
    const answer = await call(
      steward,
      "PUT",
      `/v1/resources/${resource}/data`,
      { "content-type": "text/csv", "content-encoding": coding },
      file,
    );
    t.equal(answer.status, 415, coding);
  }
});
