import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { ApiClient } from "../../scripts/demo/api-client.ts";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { createDiskMeasure, type FileSystem } from "../../src/cluster/index.ts";
import { checkAnswers } from "../support/checked-fetch.ts";
import { copyCluster } from "../support/cluster.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import {
  agreementRequest,
  csvStream,
  makeTestFolder,
  peopleCsv,
  prepareAgreement,
  problemOf,
  runToEnd,
  testConfig,
} from "../support/platform.ts";

const MiB = 1024 * 1024;
const folder = await makeTestFolder(t);
const dataDir = join(folder, "data");
await copyCluster(dataDir);
const plenty = 1000 * MiB;
const [lowMark, criticalMark] = [4 * MiB, MiB];
/** What an administrator's tool would show; undefined: what the operating system says. */
let free: number | undefined = plenty;
const real = createDiskMeasure(dataDir);
const posed = (freeBytes: number): readonly FileSystem[] => [
  { folders: [""], freeBytes, sizeBytes: 2 * plenty, freeFiles: undefined },
];
const platform = await startPlatform({
  dataDir,
  keyFile: join(folder, "root.key"),
  config: await testConfig({
    storage: {
      lowFreeBytes: lowMark,
      lowFreePercent: 0,
      criticalFreeBytes: criticalMark,
      criticalFreePercent: 0,
      checkMs: 100,
    },
    ingest: { uploadPieceBytes: 65_536 },
    enclave: { heartbeatMs: 200 },
  }),
  measureDisk: async () => (free === undefined ? real() : posed(free)),
  passwordLog2Cost,
});
t.teardown(() => platform.close());
await checkAnswers(t, platform.url);
const people = await signUp(platform);
const { resource, agreement } = await prepareAgreement(people);
const { db } = platform.store;

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await pause(20)) if (await holds()) return;
  throw new Error(`it did not come to pass that ${what}`);
};
interface Ready {
  readonly disk: string;
  readonly failing: readonly string[];
}
const ready = async () => {
  const answer = await fetch(new URL("/readyz", platform.url));
  return { status: answer.status, body: (await answer.json()) as Ready };
};
const become = async (level: string, bytes: number | undefined): Promise<void> => {
  free = bytes;
  await until(`the disk is ${level}`, async () => (await ready()).body.disk === level);
};
const events = async (type: string) => {
  const rows = await db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return rows.map(({ leaf }) => JSON.parse(leaf.toString())).filter((event) => event.type === type);
};
const csv = Buffer.from(peopleCsv());
const tus = (client: ApiClient, headers: Record<string, string>) => ({
  authorization: client.authorization(),
  "tus-resumable": "1.0.0",
  ...headers,
});
const created = (length: number) =>
  fetch(new URL(`/v1/resources/${resource}/uploads`, platform.url), {
    method: "POST",
    headers: tus(people.steward, { "upload-length": String(length) }),
  });
/** A PATCH whose body the test sends as it likes. */
function patch(at: string, offset: number) {
  const sent = request(new URL(at, platform.url), {
    method: "PATCH",
    headers: tus(people.steward, { "upload-offset": String(offset), "content-type": "application/offset+octet-stream" }),
    agent: false,
  });
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  const bodyOf = async () => {
    let text = "";
    const [response] = await answered;
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, body: text === "" ? {} : JSON.parse(text) };
  };
  return { sent, bodyOf };
}
const offsetOf = async (at: string): Promise<number> => {
  const head = await fetch(new URL(at, platform.url), { method: "HEAD", headers: tus(people.steward, {}) });
  return Number(head.headers.get("upload-offset"));
};
const finish = (at: string) => people.steward.post(`${at}/finish`, { sha256: createHash("sha256").update(csv).digest("hex") });
const sql = "SELECT county, count(*) AS n FROM person GROUP BY county";
const low = { httpStatus: 507, code: "DISK_LOW" };

t.test("short of disk, nothing is begun that takes space; votes, ends, readings and log-outs go on", async (t) => {
  const job = await runToEnd(people, agreement, sql);
  const { result } = await people.analyst.get(`/v1/jobs/${String(job["id"])}/result`);
  const asked = { result, purpose: "统计发布", productName: "各县人口" };
  const wanted = await people.analyst.post("/v1/exports", asked);
  const open = await created(csv.length);
  const at = String(open.headers.get("location"));
  await become("low", lowMark - 1);
  t.match(await ready(), { status: 200, body: { ready: true, failing: [], disk: "low" } });

  t.match(await problemOf(people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql })), low);
  t.match(await problemOf(people.steward.upload(`/v1/resources/${resource}/data`, csvStream(peopleCsv()))), low);
  const looked = people.steward.send("POST", `/v1/resources/${resource}/validate`, csvStream(peopleCsv()), "text/csv");
  t.match(await problemOf(looked), low);
  t.match(await problemOf(people.analyst.post("/v1/exports", asked)), low);
  t.match(await problemOf(finish(at)), low);
  const refused = await created(csv.length);
  t.equal(refused.status, 507);
  t.equal(refused.headers.get("retry-after"), "60");
  const patched = patch(at, 0);
  patched.sent.end(csv);
  t.match(await patched.bodyOf(), { status: 507, body: { code: "DISK_LOW" } });
  const recorded = await events("request.deferred");
  t.equal(recorded.length, 7, "each refusal has its event");
  t.ok(recorded.every(({ outcome, code }) => outcome === "refused" && code === "DISK_LOW"));
  t.match(recorded[0], { actor: { kind: "account" }, data: { route: "/v1/agreements/:id/jobs" } });

  const { id: exported } = wanted;
  for (const reviewer of people.reviewers) {
    const vote = { decision: "approve", reason: "聚合统计，阈值与占比均符合协议" };
    t.ok(await reviewer.post(`/v1/exports/${String(exported)}/reviews`, vote), "a vote");
  }
  t.ok(await people.analyst.get(`/v1/jobs/${String(job["id"])}/result`), "a reading");
  t.match(await problemOf(people.analyst.delete(`/v1/jobs/${String(job["id"])}`)), { code: "JOB_ALREADY_FINISHED" });
  await (await people.signIn("analyst")).post("/v1/auth/logout");
  const other = String(
    (await people.operatorAdmin.post("/v1/agreements", agreementRequest(people, resource, { scenario: "另一场景" })))["id"],
  );
  await people.officer.post(`/v1/agreements/${other}/approve`);
  await people.officer.post(`/v1/agreements/${other}/activate`);
  t.ok(await people.officer.post(`/v1/agreements/${other}/terminate`, { reason: "终止" }), "an agreement's end");
  await become("ok", plenty);
  t.match(await events("gateway.impaired"), [{ data: { check: "disk", level: "low", freeBytes: lowMark - 1 } }]);
  await until("the recovery is told", async () => (await events("gateway.recovered")).length === 1);
  t.equal((await runToEnd(people, agreement, sql))["state"], "done");
});

t.test("with hardly anything left the gateway is not ready, and still ends what must end", async (t) => {
  await become("critical", criticalMark - 1);
  t.match(await ready(), { status: 503, body: { ready: false, failing: ["disk"] } });
  t.ok(await people.analyst.get("/v1/me"));
  t.match(await problemOf(people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql })), low);
  await become("ok", plenty);
  t.match(await ready(), { status: 200 });
});

t.test("a job that was taken in waits until there is room", async (t) => {
  const { id } = await runToEnd(people, agreement, sql);
  await become("low", lowMark - 1);
  const row = await db.selectFrom("job").selectAll().where("id", "=", String(id)).executeTakeFirstOrThrow();
  const { fence: _, ...copy } = row;
  const waiting = row.id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const fresh = { state: "queued", slot: null, claimed_by: null, started_at: null, finished_at: null, answer: null } as const;
  await db
    .insertInto("job")
    .values({ ...copy, ...fresh, id: waiting, labels: [...row.labels] })
    .execute();
  const stateOf = async () =>
    (await db.selectFrom("job").select("state").where("id", "=", waiting).executeTakeFirstOrThrow()).state;
  // The dispatcher looks at the queue as often as the gateway gives a sign of life.
  const beats = async () => Number((await db.selectFrom("gateway").select("beats").executeTakeFirstOrThrow()).beats);
  const before = await beats();
  await until("the dispatcher looked", async () => (await beats()) >= before + 4);
  t.equal(await stateOf(), "queued");
  await become("ok", plenty);
  await until("it is taken", async () => (await stateOf()) !== "queued");
});

t.test("what says that it is larger than the room is refused before a byte of it is read", async (t) => {
  await become("ok", lowMark + 2 * MiB);
  t.equal((await created(2 * MiB + 1)).status, 507);
  const fits = await created(2 * MiB);
  t.equal(fits.status, 201);
  const sent = request(new URL(`/v1/resources/${resource}/data`, platform.url), {
    method: "PUT",
    headers: {
      authorization: people.steward.authorization(),
      "content-type": "text/csv",
      "content-length": String(2 * MiB + 1),
      expect: "100-continue",
    },
    agent: false,
  });
  sent.flushHeaders();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  t.equal(answer.statusCode, 507);
  sent.destroy();
});

t.test("an upload under way when space runs short is stopped, keeps what came, and goes on later", async (t) => {
  await become("ok", plenty);
  const at = String((await created(csv.length)).headers.get("location"));
  const first = patch(at, 0);
  first.sent.write(csv.subarray(0, 10_000));
  await pause(0);
  await become("low", lowMark - 1);
  first.sent.end(csv.subarray(10_000));
  const stopped = await first.bodyOf();
  t.match(stopped, { status: 507, body: { code: "CATALOG_DISK_LOW" } });
  const received = await offsetOf(at);
  t.equal(stopped.body.more.received, received);
  t.ok(received < csv.length, `${received} of ${csv.length} bytes`);
  await become("ok", plenty);
  const second = patch(at, received);
  second.sent.end(csv.subarray(received));
  t.match(await second.bodyOf(), { status: 204 });
  t.match(await finish(at), { rows: 600 });
});

t.test("the same with a file system that is really small", async (t) => {
  const uploads = join(dataDir, "uploads");
  await mkdir(uploads, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", uploads], { stdio: "ignore" });
  } catch {
    t.comment("skipped: no right to mount a small file system here");
    return;
  }
  t.teardown(() => execFileSync("umount", [uploads]));
  await become("ok", undefined);
  t.equal((await created(5 * MiB)).status, 507, "it would not fit");
  const at = String((await created(csv.length)).headers.get("location"));
  const first = patch(at, 0);
  first.sent.write(csv.subarray(0, 10_000));
  const ballast = join(uploads, "ballast");
  await writeFile(ballast, Buffer.alloc(6 * MiB));
  await until("it is noticed", async () => (await ready()).body.disk === "low");
  first.sent.end(csv.subarray(10_000));
  t.match(await first.bodyOf(), { status: 507, body: { code: "CATALOG_DISK_LOW" } });
  t.match(await problemOf(people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql })), low);
  await rm(ballast);
  await until("there is room", async () => (await ready()).body.disk === "ok");
  const received = await offsetOf(at);
  const second = patch(at, received);
  second.sent.end(csv.subarray(received));
  t.match(await second.bodyOf(), { status: 204 });
  t.match(await finish(at), { rows: 600 });
});
