import { join } from "node:path";
import t from "tap";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { checkAnswers } from "../support/checked-fetch.ts";
import { copyCluster } from "../support/cluster.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import { makeTestFolder, prepareAgreement, problemOf, testConfig } from "../support/platform.ts";

const folder = await makeTestFolder(t);
const dataDir = join(folder, "data");
await copyCluster(dataDir);
let offMs = 0;
const platform = await startPlatform({
  dataDir,
  keyFile: join(folder, "root.key"),
  config: await testConfig({ enclave: { heartbeatMs: 200, leaseMs: 1000 } }),
  clock: { now: () => new Date(Date.now() + offMs) },
  checkClock: true,
  passwordLog2Cost,
});
t.teardown(() => platform.close());
await checkAnswers(t, platform.url);
const people = await signUp(platform);
const { agreement } = await prepareAgreement(people);
const { db } = platform.store;

const ready = async () => {
  const answer = await fetch(new URL("/readyz", platform.url));
  const body = (await answer.json()) as { readonly clock: { readonly aheadMs: number } };
  return { status: answer.status, body };
};
const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await new Promise((resume) => setTimeout(resume, 50)))
    if (await condition()) return;
  throw new Error(`it did not come to pass that ${what}`);
};
const stateOf = async (id: string) =>
  (await db.selectFrom("job").select("state").where("id", "=", id).executeTakeFirstOrThrow()).state;
const conditions = async () => {
  const rows = await db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return rows
    .map(({ leaf }) => JSON.parse(leaf.toString()))
    .filter(({ type }) => type === "gateway.impaired" || type === "gateway.recovered")
    .map(({ type, data }) => `${type} ${data.check} ${data.level}`);
};

t.test("a clock that is a little off is no fault", async (t) => {
  offMs = 600;
  await until("it is measured", async () => Math.abs((await ready()).body.clock.aheadMs - 600) < 300);
  t.match(await ready(), { status: 200, body: { ready: true, failing: [], clock: { agrees: true } } });
  offMs = 0;
});

t.test("a gateway whose clock is off is not ready, refuses work and takes no job; then comes back by itself", async (t) => {
  // The job is put where a gateway finds it, by the store's own hand: this one must not take it.
  const held = await people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql: "SELECT count(*) AS n FROM person" });
  const id = String(held["id"]);
  await until("it ends", async () => (await stateOf(id)) === "done");
  offMs = -5000;
  await until("it is noticed", async () => (await ready()).status === 503);
  t.match(await ready(), { body: { ready: false, failing: ["clock"], clock: { agrees: false }, policy: { current: true } } });
  t.match(await problemOf(people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql: "SELECT 1" })), {
    httpStatus: 503,
    code: "CLOCK_OFF",
  });
  t.match(await problemOf(people.analyst.get(`/v1/jobs/${id}`)), { code: "CLOCK_OFF" });
  t.equal((await fetch(new URL("/livez", platform.url))).status, 200);
  // As if another gateway had taken it in.
  const row = await db.selectFrom("job").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const waiting = id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const { fence: _, ...copy } = row;
  const fresh = { state: "queued", slot: null, claimed_by: null, started_at: null, finished_at: null, answer: null } as const;
  await db
    .insertInto("job")
    .values({ ...copy, ...fresh, id: waiting, labels: [...row.labels] })
    .execute();
  await until("the event is there", async () => (await conditions()).length > 0);
  t.same(await conditions(), ["gateway.impaired clock off"]);
  t.equal(await stateOf(waiting), "queued", "nobody took it");
  offMs = 0;
  await until("it is ready again", async () => (await ready()).status === 200);
  await until("the waiting job is taken", async () => (await stateOf(waiting)) !== "queued");
  await until("the event is there", async () => (await conditions()).length === 2);
  t.same(await conditions(), ["gateway.impaired clock off", "gateway.recovered clock ok"]);
});

t.test("a clock that is ahead ends nobody's job by calling it silent", async (t) => {
  const row = await db.selectFrom("job").selectAll().executeTakeFirstOrThrow();
  const { fence: _, ...copy } = row;
  const [{ id: holder } = { id: "" }] = await db.selectFrom("gateway").select("id").where("ended_at", "is", null).execute();
  const id = row.id.replace(/.$/, (last) => (last === "2" ? "3" : "2"));
  const now = new Date();
  const running = {
    state: "running",
    slot: null,
    claimed_by: holder,
    started_at: now,
    heartbeat_at: now,
    finished_at: null,
  } as const;
  await db
    .insertInto("job")
    .values({ ...copy, ...running, id, answer: null, labels: [...row.labels] })
    .execute();
  // Another gateway's sign of life, kept up by the store's own hand.
  const beats = setInterval(
    () => void db.updateTable("job").set({ heartbeat_at: new Date() }).where("id", "=", id).execute(),
    100,
  );
  t.teardown(() => clearInterval(beats));
  offMs = 3_600_000;
  await until("it is noticed", async () => (await ready()).status === 503);
  let beatsSeen = 0;
  for (let last = ""; beatsSeen < 20; await new Promise((resume) => setTimeout(resume, 50))) {
    const { heartbeat_at } = await db.selectFrom("job").select("heartbeat_at").where("id", "=", id).executeTakeFirstOrThrow();
    const sign = String(heartbeat_at?.getTime());
    if (sign !== last) beatsSeen++;
    last = sign;
  }
  t.equal(await stateOf(id), "running");
  offMs = 0;
  await until("it is ready again", async () => (await ready()).status === 200);
  clearInterval(beats);
  await until("a job that is really silent is ended", async () => (await stateOf(id)) === "interrupted");
});
