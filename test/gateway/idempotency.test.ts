import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { copyCluster } from "../support/cluster.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import { startProcess } from "../support/main-process.ts";
import {
  csvStream,
  declarePeople,
  makeTestFolder,
  prepareAgreement,
  startTestPlatform,
  testConfig,
} from "../support/platform.ts";
import { rawCall } from "../support/raw-call.ts";

const fixture = await startTestPlatform(t);
const { steward, analyst, officer, operatorAdmin } = fixture;
const withKey = (key: string) => ({ "idempotency-key": key });
const family = (title: string, key: string, by = steward) =>
  rawCall(by, "POST", "/v1/families", { body: { title }, headers: withKey(key) });
const families = async () => (await steward.get("/v1/families"))["items"] as readonly { readonly title: string }[];

t.test("a request sent again with its key is done once and answered as before, headers included", async (t) => {
  const { agreement } = await prepareAgreement(fixture);
  const submit = () =>
    rawCall(analyst, "POST", `/v1/agreements/${agreement}/jobs`, {
      body: { sql: "SELECT count(*) AS n FROM person" },
      headers: withKey('"5d3c5a9e-8f0e-4b5e-9f57-2f1f0f3f7a10"'),
    });
  const first = await submit();
  t.equal(first.status, 202);
  t.equal(first.headers.get("idempotency-replayed"), null);
  await analyst.untilEnded(String(first.body["id"]));
  const second = await submit();
  t.equal(second.status, 202);
  t.strictSame(second.body, first.body, "the answer of then, not the job as it is now");
  t.equal(second.headers.get("location"), first.headers.get("location"));
  t.equal(second.headers.get("content-type"), first.headers.get("content-type"));
  t.equal(second.headers.get("idempotency-replayed"), "?1");
});

t.test("another request under the key is refused, another account's is its own", async (t) => {
  const first = await family("甲", "one");
  t.equal(first.status, 201);
  t.match(await family("乙", "one"), { status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
  t.match(await family("甲", '"one"'), { status: 201, body: first.body }, "quoted or bare, it is one key");
  t.match(await rawCall(officer, "POST", "/v1/families", { body: { title: "甲" }, headers: withKey("one") }), { status: 403 });
  t.match(await family("甲", "another"), { status: 409, body: { code: "CATALOG_FAMILY_EXISTS" } });
});

t.test("a refused or malformed request leaves its key free", async (t) => {
  t.match(await family("", "free"), { status: 400 });
  t.match(await family("甲", "free"), { status: 409 });
  t.match(await family("丙", "free"), { status: 201 });
});

t.test("of many at one moment one is carried out, the others are told or answered alike", async (t) => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => family("丁", "crowd")));
  const [done, told] = [answers.filter(({ status }) => status === 201), answers.filter(({ status }) => status === 409)];
  t.ok(done.length >= 1);
  t.equal(done.length + told.length, answers.length);
  t.equal(new Set(done.map(({ body }) => body["id"])).size, 1);
  for (const { body } of told) t.equal(body["code"], "IDEMPOTENCY_IN_FLIGHT");
  t.equal((await families()).filter(({ title }) => title === "丁").length, 1);
});

t.test("a secret is shown once: the repetition is told what was made, and gets no second one", async (t) => {
  const make = () =>
    rawCall(operatorAdmin, "POST", "/v1/service-keys", {
      body: { name: "机器", scopes: ["job:submit"], days: 7 },
      headers: withKey("secret"),
    });
  const first = await make();
  t.equal(first.status, 201);
  t.match(await make(), { status: 409, body: { code: "IDEMPOTENCY_ANSWER_NOT_KEPT", more: { object: first.body["id"] } } });
  const keys = (await operatorAdmin.get("/v1/service-keys"))["items"] as readonly unknown[];
  t.equal(keys.length, 1);
});

t.test("where a key is not heeded it is refused, so that nobody relies on it", async (t) => {
  t.match(await rawCall(steward, "POST", "/v1/auth/refresh", { body: { refreshToken: "x" }, headers: withKey("k") }), {
    status: 400,
    body: { code: "IDEMPOTENCY_NOT_HERE" },
  });
  t.match(await rawCall(steward, "POST", "/v1/auth/logout", { headers: withKey("k") }), {
    body: { code: "IDEMPOTENCY_NOT_HERE" },
  });
  const resource = (await declarePeople(fixture).catch(() => undefined)) ?? "res_00000000000000000000000000";
  const response = await fetch(new URL(`/v1/resources/${resource}/data`, fixture.url), {
    method: "PUT",
    headers: { authorization: `Bearer ${steward.token}`, "content-type": "text/csv", ...withKey("k") },
    body: csvStream("id_card\n"),
    duplex: "half",
  } as RequestInit);
  t.match(await response.json(), { code: "IDEMPOTENCY_NOT_HERE" });
  t.match(await rawCall(steward, "GET", "/v1/families", { headers: withKey("k") }), { status: 200 }, "reading changes nothing");
});

t.test("text that has no canonical form is refused, not fallen over", async (t) => {
  for (const title of ["\ud800", "a\udfffb"])
    t.match(await family(title, "surrogate"), { status: 400, body: { code: "REQUEST_INVALID" } });
});

t.test("what is no key is refused with what is", async (t) => {
  for (const key of ["", '""', '"a', "a b", '"a\\"b"', "x".repeat(129), "a, b", "é"])
    t.match(await family("戊", key), { status: 400, body: { code: "IDEMPOTENCY_KEY_INVALID" } }, key);
  t.notOk((await families()).some(({ title }) => title === "戊"));
});

t.test("kill -9 with requests under way: each is done once, whatever its client got to see", async (t) => {
  const folder = await makeTestFolder(t);
  const [dataDir, keyFile] = [join(folder, "data"), join(folder, "root.key")];
  await copyCluster(dataDir);
  const prepared = await startPlatform({ dataDir, keyFile, config: await testConfig(), passwordLog2Cost });
  const people = await signUp(prepared);
  await prepared.close();
  const before = await startProcess(t, folder);
  const steward = people.steward.at(before.url);
  const titles = Array.from({ length: 60 }, (_, at) => `家族 ${at}`);
  let answered = 0;
  const killed = once(before.process, "exit");
  const sent = titles.map(async (title, at) => {
    const answer = await family(title, `crash-${at}`, steward).catch(() => undefined);
    if (answer?.status === 201 && ++answered === 20) before.process.kill("SIGKILL");
    return answer;
  });
  const first = await Promise.all(sent);
  await killed;
  t.ok(answered >= 20 && answered < titles.length, `${answered} were answered before the end`);
  // The leases of the process that is gone have run out by this clock.
  const clock = { now: () => new Date(Date.now() + 31_000) };
  const platform = await startPlatform({ dataDir, keyFile, config: await testConfig(), clock });
  t.teardown(() => platform.close());
  const again = people.steward.at(platform.url);
  const second = await Promise.all(titles.map((title, at) => family(title, `crash-${at}`, again)));
  for (const [at, { status, body }] of second.entries()) {
    const seen = first[at]?.status === 201 ? first[at].body["id"] : undefined;
    if (seen !== undefined) t.equal(body["id"], seen, "what was acknowledged is answered as it was");
    else t.ok(status === 201 || body["code"] === "IDEMPOTENCY_ANSWER_LOST", `${status} ${String(body["code"])}`);
  }
  const kept = ((await again.get("/v1/families"))["items"] as readonly { readonly title: string }[]).map(({ title }) => title);
  t.equal(kept.length, titles.length, "each once");
  t.strictSame(new Set(kept), new Set(titles));
});
