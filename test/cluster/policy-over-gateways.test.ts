import { setTimeout as wait } from "node:timers/promises";
import t, { type Test } from "tap";
import { ProblemError } from "../../scripts/demo/api-client.ts";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { migrateExternal } from "../../src/store/index.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { makeTestFolder, prepareAgreement } from "../support/platform.ts";
import { startSharedServer } from "../support/server.ts";

/** What is promised: this long after the answer, every gateway acts on the change. */
const promisedMs = 1000;
const queueLimit = 6;

const server = await startSharedServer(t);
await migrateExternal(server.urls.owner);
const folder = await makeTestFolder(t);
const env = {
  DATABASE_URL: server.urls.service,
  HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
  HANGUANG_ENCLAVE_WORKERS: "1",
  HANGUANG_ENCLAVE_COMPILERS: "1",
  HANGUANG_ENCLAVE_MAX_QUEUED_PER_OPERATOR: String(queueLimit),
};
const start = () => startGatewayProcess(t, { folder, env });
const gateways: readonly GatewayProcess[] = await Promise.all([start(), start(), start()]);
const urlOf = (at: number): string => gateways[at]?.url ?? "";
const people = await signUp({ url: urlOf(0), setupCodePath: `${folder}/data/first-admin-code` });
const [reviewer] = people.reviewers;
const admin = await server.administrator();
t.teardown(() => admin.end());

/** The status of one request. */
const statusOf = (request: Promise<unknown>): Promise<number> =>
  request.then(
    () => 200,
    (error: unknown) => {
      if (error instanceof ProblemError) return error.status;
      throw error;
    },
  );

interface Asked {
  readonly gateway: number;
  readonly begunMs: number;
  readonly status: number;
}

/**
 * Asks every gateway again and again, all the while `change` is made, and until each has answered
 * requests that were begun after the promise; each of those must have the status. Tells how long
 * after the change's answer the last request was begun that still got another one.
 */
async function actsEverywhere(
  t: Test,
  what: string,
  {
    ask,
    change,
    until,
  }: { readonly ask: (gateway: number) => Promise<unknown>; readonly change: () => Promise<unknown>; readonly until: number },
): Promise<void> {
  const asked: Asked[] = [];
  const over = new AbortController();
  const loops = gateways.map(async (_, gateway) => {
    while (!over.signal.aborted) {
      const begunMs = performance.now();
      asked.push({ gateway, begunMs, status: await statusOf(ask(gateway)) });
      await wait(10);
    }
  });
  const countAfter = (gateway: number, ms: number) => asked.filter((one) => one.gateway === gateway && one.begunMs > ms).length;
  for (const [gateway] of gateways.entries()) while (countAfter(gateway, 0) < 3) await wait(10);
  const before = asked.length;
  await change();
  const answered = performance.now();
  const enough = () => gateways.every((_, gateway) => countAfter(gateway, answered + promisedMs) >= 5);
  for (const deadline = answered + 60_000; !enough() && performance.now() < deadline; ) await wait(20);
  over.abort();
  await Promise.all(loops);
  t.ok(enough(), `${what}: every gateway was asked after the promised time`);
  t.ok(
    asked.slice(0, before).every(({ status }) => status !== until),
    `${what}: not before it was made`,
  );
  const late = asked.filter(({ begunMs, status }) => begunMs > answered + promisedMs && status !== until);
  t.same(late, [], `${what}: whatever is begun later than promised is answered by it`);
  const lags = gateways.map((_, gateway) => {
    const others = asked
      .filter((one) => one.gateway === gateway && one.status !== until)
      .map(({ begunMs }) => begunMs - answered);
    return Math.max(0, Math.round(Math.max(...others)));
  });
  t.comment(`${what}: last request answered by the earlier state was begun ${lags.join(", ")} ms after the answer`);
}

t.test("an approved change of the policy acts on every gateway within a second of its answer, both ways", async (t) => {
  const [security, audit] = await Promise.all([people.signIn("security-admin"), people.signIn("audit-admin")]);
  const { policy } = await security.get("/v1/policy");
  const line = "p, reviewer, family, read, any";
  const change = (text: string) => async () => {
    const { id, hash } = await security.at(urlOf(0)).post("/v1/policy/proposals", { policy: text, reason: "asked for" });
    return audit.at(urlOf(1)).post(`/v1/policy/proposals/${String(id)}/confirm`, { hash });
  };
  const ask = (gateway: number) => reviewer.at(urlOf(gateway)).get("/v1/families");
  await actsEverywhere(t, "a line added", { ask, change: change(`${String(policy)}\n${line}`), until: 200 });
  await actsEverywhere(t, "a line taken away", { ask, change: change(String(policy)), until: 403 });
  for (const { url } of gateways) t.equal((await fetch(new URL("/readyz", url))).status, 200);
});

t.test("no operator has more jobs waiting than it may, over all gateways", async (t) => {
  const { agreement } = await prepareAgreement(people);
  const submit = async (at: number) => {
    const sql = `SELECT county, count(*) AS n${at} FROM person GROUP BY county`;
    return statusOf(people.analyst.at(urlOf(at % 3)).post(`/v1/agreements/${agreement}/jobs`, { sql }));
  };
  let most = 0;
  const over = new AbortController();
  const watch = (async () => {
    while (!over.signal.aborted) {
      const { rows } = await admin.query("SELECT count(*) FROM job WHERE state IN ('queued', 'running')");
      most = Math.max(most, Number(rows[0].count));
    }
  })();
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => submit(at)));
  over.abort();
  await watch;
  t.same(
    [...new Set(answers)].toSorted((a, b) => a - b),
    [200, 429],
  );
  t.equal(most, queueLimit);
  const { rows } = await admin.query("SELECT max(place) FROM job");
  t.ok(rows[0].max < queueLimit);

  t.test("a terminated agreement is refused by every gateway within a second of the answer", async (t) => {
    for (let waiting = 1; waiting > 0; await wait(50))
      waiting = Number((await admin.query("SELECT count(*) FROM job WHERE state IN ('queued', 'running')")).rows[0].count);
    const end = () =>
      people.officer.at(urlOf(2)).post(`/v1/agreements/${agreement}/terminate`, { reason: "the scenario has ended" });
    await actsEverywhere(t, "an agreement terminated", {
      ask: (gateway) =>
        people.analyst
          .at(urlOf(gateway))
          .post(`/v1/agreements/${agreement}/explain`, { sql: "SELECT count(*) AS n FROM person" }),
      change: end,
      until: 403,
    });
    for (const [gateway] of gateways.entries()) t.equal(await submit(gateway), 403);
  });
});

t.test("a policy that was made active past everybody stops every gateway, until it is put back", async (t) => {
  const { rows } = await admin.query("SELECT policy_id, event_id FROM active_policy");
  const [{ policy_id, event_id }] = rows;
  const replaced = (await admin.query("SELECT replaces FROM access_policy WHERE id = $1", [policy_id])).rows[0].replaces;
  await actsEverywhere(t, "a policy switched", {
    ask: (gateway) => people.analyst.at(urlOf(gateway)).get("/v1/me"),
    change: () => admin.query("UPDATE active_policy SET policy_id = $1", [replaced]),
    until: 503,
  });
  for (const { url } of gateways) {
    const answer = await fetch(new URL("/readyz", url));
    t.match(await answer.json(), { ready: false, failing: ["policy"], policy: { current: false, explained: false } });
    t.match(await (await fetch(new URL("/v1/me", url))).json(), { code: "POLICY_UNEXPLAINED" });
  }
  const told = await admin.query(
    "SELECT count(*) FROM audit_event WHERE convert_from(leaf, 'UTF8') LIKE '%\"access-policy.unexplained\"%'",
  );
  t.equal(Number(told.rows[0].count), gateways.length);
  await actsEverywhere(t, "the policy put back", {
    ask: (gateway) => people.analyst.at(urlOf(gateway)).get("/v1/me"),
    change: () => admin.query("UPDATE active_policy SET policy_id = $1, event_id = $2", [policy_id, event_id]),
    until: 200,
  });
});
