import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import t from "tap";
import { ApiClient, ProblemError } from "../../scripts/demo/api-client.ts";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { parseLeaf } from "../../src/audit/event.ts";
import { migrateExternal } from "../../src/store/index.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeTestFolder, prepareAgreement } from "../support/platform.ts";
import { startSharedServer } from "../support/server.ts";

const server = await startSharedServer(t);
await migrateExternal(server.urls.owner);
const folder = await makeTestFolder(t);
const env = {
  DATABASE_URL: server.urls.service,
  HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
  HANGUANG_ENCLAVE_WORKERS: "1",
  HANGUANG_ENCLAVE_COMPILERS: "1",
  HANGUANG_ENCLAVE_HEARTBEAT_MS: "500",
  HANGUANG_ENCLAVE_LEASE_MS: "5000",
};
const start = () => startGatewayProcess(t, { folder, env });
// All at once: the first start is the one where each could make keys and names of its own.
const gateways: GatewayProcess[] = await Promise.all([start(), start(), start()]);
const urlOf = (at: number): string => gateways[at]?.url ?? "";
const people = await signUp({ url: urlOf(0), setupCodePath: join(folder, "data/first-admin-code") });
const { agreement } = await prepareAgreement(people);
/** The same token at another gateway: it was signed with the key they share. */
const at = (gateway: number, client: ApiClient) => ApiClient.withBearer(urlOf(gateway), client.login, client.token);

const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await wait(100)) if (await condition()) return;
  throw new Error(`within a minute it did not come to pass that ${what}`);
};
const admin = await server.administrator();
t.teardown(() => admin.end());
const count = async (query: string): Promise<number> =>
  Number((await admin.query(`SELECT count(*) FROM ${query}`)).rows[0].count);

/** What was acknowledged: ids of jobs and of families. */
const jobs: string[] = [];
const families: string[] = [];

t.test("each of three gateways, killed in turn under load, costs only what it had in hand", async (t) => {
  const stop = new AbortController();
  let made = 0;
  const unexpected: string[] = [];
  const client = async (gateway: number): Promise<void> => {
    while (!stop.signal.aborted) {
      const name = `n${made++}`;
      try {
        const sql = `SELECT county, count(*) AS ${name} FROM person GROUP BY county`;
        jobs.push(String((await at(gateway, people.analyst).post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]));
        families.push(String((await at(gateway, people.steward).post("/v1/families", { title: name }))["id"]));
      } catch (error) {
        // A connection that broke, or a gateway that is going: not acknowledged. Anything else is a finding.
        const told = error instanceof ProblemError ? error.status : undefined;
        if (told === 429) await wait(500);
        else if (told !== undefined && told !== 503) unexpected.push(String(error));
      }
      await wait(60);
    }
  };
  const load = gateways.map((_, gateway) => client(gateway));
  for (const gateway of gateways.keys()) {
    const before = jobs.length;
    await until("work goes on", async () => jobs.length >= before + 10);
    await until("a job runs at the one to be killed", async () => (await count("job WHERE state = 'running'")) > 0);
    await gateways[gateway]?.kill();
    gateways[gateway] = await start();
  }
  const before = jobs.length;
  await until("work goes on", async () => jobs.length >= before + 10);
  stop.abort();
  await Promise.all(load);
  t.same(unexpected, []);
  await until("every job has ended", async () => (await count("job WHERE state IN ('queued', 'running')")) === 0);
  t.ok(jobs.length > 40 && families.length > 20, `${jobs.length} jobs, ${families.length} families`);
});

t.test("nothing acknowledged is lost or done twice, and each change has one event", async (t) => {
  const auditor = at(0, people.auditor);
  // A reading gives all events their places.
  await auditor.get("/v1/audit/events?limit=1");
  const leaves = (await admin.query("SELECT leaf FROM audit_event ORDER BY arrival")).rows;
  const events = leaves.map(({ leaf }) => parseLeaf(leaf)).filter(({ outcome }) => outcome !== "refused");
  const tally = new Map<string, number>();
  for (const { type, object, from } of events) {
    const job = type === "job.done" ? (from?.[0] ?? "") : object;
    const kind = /^job\.(done|failed|cancelled|interrupted)$/.test(type) ? "ended" : type;
    tally.set(`${kind} ${job}`, (tally.get(`${kind} ${job}`) ?? 0) + 1);
  }
  const rows = (await admin.query("SELECT id, state, started_at FROM job")).rows;
  const known = new Set(rows.map(({ id }) => id));
  for (const id of jobs) if (!known.has(id)) t.fail(`job ${id} was acknowledged and is gone`);
  const states = new Map<string, number>();
  for (const { id, state, started_at } of rows) {
    states.set(state, (states.get(state) ?? 0) + 1);
    const [submitted, started, ended] = ["job.submitted", "job.started", "ended"].map((kind) => tally.get(`${kind} ${id}`) ?? 0);
    if (submitted !== 1 || started !== (started_at === null ? 0 : 1) || ended !== 1)
      t.fail(`job ${id} is ${state} with ${submitted} submitted, ${started} started, ${ended} ended`);
  }
  t.comment(Object.fromEntries(states));
  t.same(
    [...states.keys()].filter((state) => state !== "done" && state !== "interrupted"),
    [],
  );
  t.equal(await count("result"), states.get("done"), "one result a job that is done");
  const stored = new Set((await admin.query("SELECT id FROM resource_family")).rows.map(({ id }) => id));
  for (const id of families) if (!stored.has(id)) t.fail(`family ${id} was acknowledged and is gone`);
  for (const id of stored) if (tally.get(`family.created ${id}`) !== 1) t.fail(`family ${id} has not one event`);
  // The reading's own event gets its place a moment after the others.
  await until("every event has its place", async () => (await count("audit_leaf")) === (await count("audit_event")));
});

t.test("the log verifies, the killed are declared lost, and the living are ready", async (t) => {
  await until(
    "the three that were killed are declared lost",
    async () => (await count("gateway WHERE ended_at IS NOT NULL")) === 3,
  );
  t.equal(await count("gateway WHERE ended_at IS NULL"), 3);
  for (const { url } of gateways) {
    const answer = await fetch(new URL("/readyz", url));
    t.equal(answer.status, 200, await answer.text());
  }
  const [logKey = ""] = (await (await fetch(new URL("/log/key", urlOf(1)))).text()).split("\n");
  for (const gateway of gateways.keys()) {
    const verify = new Promise<{ readonly code: number | null; readonly out: string }>((resolve) => {
      const script = join(import.meta.dirname, "../../src/cli/verify.ts");
      const child = execFile(
        process.execPath,
        [script, "log", "--url", urlOf(gateway), "--json"],
        { env: { PATH: process.env["PATH"], HANGUANG_LOG_KEY: logKey, HANGUANG_TOKEN: people.auditor.token } },
        (_, out, err) => resolve({ code: child.exitCode, out: out + err }),
      );
    });
    t.match(await verify, { code: 0, out: /"ok":true/ });
  }
});

t.test("a job that runs at one gateway is cancelled at another", async (t) => {
  const sql = "SELECT county, count(*) AS cancelled FROM person GROUP BY county";
  const ids: string[] = [];
  for (let more = 0; more < 8; more++)
    ids.push(String((await at(0, people.analyst).post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]));
  for (const [index, id] of ids.entries())
    await at((index % 2) + 1, people.analyst)
      .delete(`/v1/jobs/${id}`)
      .catch((error: unknown) => {
        // It was faster.
        if (!(error instanceof ProblemError && error.problem["code"] === "JOB_ALREADY_FINISHED")) throw error;
      });
  await until("all have ended", async () => (await count("job WHERE state IN ('queued', 'running')")) === 0);
  t.ok((await count("job WHERE state = 'cancelled'")) > 0);
});
