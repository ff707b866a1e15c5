import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { ApiClient } from "../../scripts/demo/api-client.ts";
import { freezeWaitingWorkers } from "../support/frozen-workers.ts";
import { prepareAgreement, problemOf, startTestPlatform } from "../support/platform.ts";
import { signUpColleague, signUpSecondOperator } from "../support/second-operator.ts";

const rig = await startTestPlatform(t, {
  enclave: { heartbeatMs: 200 },
  server: { eventHeartbeatMs: 100, eventStreamsPerAccount: 2 },
});
const { analyst, platform, url } = rig;
const { agreement } = await prepareAgreement(rig);
const colleague = await signUpColleague(rig);
const other = await signUpSecondOperator(rig);

const submit = async (sql = "SELECT county, count(*) AS n FROM person GROUP BY county"): Promise<string> =>
  String((await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);

interface Listener {
  readonly status: number;
  /** Everything that came, once the stream has ended. */
  readonly ended: Promise<string>;
  /** What has come so far. */
  text(): string;
  close(): void;
}

/** Over a connection of its own, which nothing keeps alive or opens again. */
async function listen(job: string, by: ApiClient = analyst, lastEventId?: string): Promise<Listener> {
  const authorization = `Bearer ${by.token}`;
  const headers = lastEventId === undefined ? { authorization } : { authorization, "last-event-id": lastEventId };
  const request = get(new URL(`/v1/jobs/${job}/events`, url), { headers, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  // A stream that we close ourselves is an error to its reader.
  response.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => response.on("close", () => resolve(text)));
  return { status: response.statusCode ?? 0, ended, text: () => text, close: () => request.destroy() };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(20);
};
/** The events of a stream, without its comments. */
const eventsIn = (text: string): readonly string[] =>
  [...text.matchAll(/id: (\d)\nevent: state\ndata: (\{.*\})\n\n/g)].map(
    ([, id, data]) => `${id} ${JSON.parse(data ?? "").state}`,
  );

/** A job that runs until somebody ends it. */
async function running(): Promise<string> {
  for (;;) {
    const waiting = platform.engine.workers().filter(({ role, state }) => role === "run" && state === "idle");
    if (waiting.length === 2) break;
    await pause(20);
  }
  freezeWaitingWorkers(platform);
  const job = await submit();
  while ((await analyst.get(`/v1/jobs/${job}`))["state"] !== "running") await pause(20);
  return job;
}

t.test("a stream tells each state once, in order, and ends with the job", async (t) => {
  const job = await submit();
  const stream = await listen(job);
  const text = await stream.ended;
  t.match(text, /^retry: \d+\n\n/);
  const events = eventsIn(text);
  t.equal(events.at(-1), "3 done");
  t.strictSame(
    events.toSorted((a, b) => a.localeCompare(b)),
    events,
  );
  t.equal(new Set(events).size, events.length);
  t.notMatch(text, /"(rows|n|county|startedAt|finishedAt)"/, "states, and nothing more");
  t.strictSame(eventsIn(await (await listen(job, analyst, "2")).ended), ["3 done"], "what was seen is not told again");
  t.strictSame(eventsIn(await (await listen(job, analyst, "junk")).ended), ["3 done"]);
  const seen = await listen(job, analyst, "3");
  t.equal(seen.status, 204, "a browser that saw the end is told to stop");
});

t.test("a change by another gateway's process is told as well, with comments between", async (t) => {
  const job = await running();
  const stream = await listen(job);
  await until(() => /\n: \n\n/.test(stream.text()));
  t.strictSame(eventsIn(stream.text()), ["2 running"]);
  await platform.store.db.updateTable("job").set({ state: "interrupted" }).where("id", "=", job).execute();
  t.strictSame(eventsIn(await stream.ended), ["2 running", "3 interrupted"]);
});

t.test("a stream ends with the session, and with the role, that opened it", async (t) => {
  const job = await running();
  const short = await rig.signIn("analyst");
  const [mine, theirs] = [await listen(job, short), await listen(job, colleague)];
  await until(() => eventsIn(mine.text()).length === 1 && eventsIn(theirs.text()).length === 1);
  await short.post("/v1/auth/logout");
  t.strictSame(eventsIn(await mine.ended), ["2 running"]);
  const { id } = await colleague.get("/v1/me");
  await (await rig.signIn("security-admin")).put(`/v1/users/${String(id)}/roles`, { roles: [] });
  t.strictSame(eventsIn(await theirs.ended), ["2 running"]);
  t.match(await problemOf(colleague.get(`/v1/jobs/${job}/events`)), { httpStatus: 403 });
  await analyst.delete(`/v1/jobs/${job}`);
});

t.test("another operator's job is not there to listen to", async (t) => {
  const job = await running();
  for (const id of [job, `job_${"0".repeat(26)}`, "x"])
    t.match(await problemOf(other.analyst.get(`/v1/jobs/${id}/events`)), { httpStatus: 404, code: "JOB_NOT_FOUND" });
  await analyst.delete(`/v1/jobs/${job}`);
});

t.test("an account holds so many streams, and closing one makes room; a closing gateway ends them all", async (t) => {
  const job = await running();
  const held = [await listen(job), await listen(job)];
  t.match(await problemOf(analyst.get(`/v1/jobs/${job}/events`)), {
    httpStatus: 429,
    code: "JOB_STREAMS_FULL",
    more: { retryAfterSeconds: 5 },
  });
  const foreign = await listen(job, rig.operatorAdmin);
  t.equal(foreign.status, 200, "another account has its own");
  held[0]?.close();
  let again = await listen(job);
  while (again.status === 429) {
    await pause(20);
    again = await listen(job);
  }
  t.equal(again.status, 200);
  await platform.gateway.close();
  for (const stream of [again, foreign, ...held.slice(1)]) t.notMatch(eventsIn(await stream.ended).join(), "3 ");
});
