import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile } from "node:fs/promises";
import { get, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t, { type Test } from "tap";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { type Platform, startPlatform } from "../../src/cli/start-platform.ts";
import { systemRandom } from "../../src/kernel/index.ts";
import { openStore } from "../../src/store/index.ts";
import { copyCluster } from "../support/cluster.ts";
import { freezeWaitingWorkers } from "../support/frozen-workers.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import { makeTestFolder, peopleCsv, prepareAgreement, problemOf, testConfig } from "../support/platform.ts";

const folder = await makeTestFolder(t);
const dataDir = join(folder, "data");
await copyCluster(dataDir);
const startHere = async (server: object): Promise<Platform> =>
  startPlatform({
    dataDir,
    keyFile: join(folder, "root.key"),
    config: await testConfig({
      server: { port: 0, eventHeartbeatMs: 100, ...server },
      enclave: { workers: 2, heartbeatMs: 200 },
    }),
    passwordLog2Cost,
  });
const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(20)) if (await holds()) return;
  throw new Error(`it did not come to pass that ${what}`);
};
const failingAt = async (url: string): Promise<readonly string[]> =>
  ((await (await fetch(new URL("/readyz", url))).json()) as { readonly failing: readonly string[] }).failing;

const first = await startHere({});
const people = await signUp(first);
const { resource, agreement } = await prepareAgreement(people);
await first.close();

/** What the store holds while no gateway runs. */
async function stored<T>(ask: (db: Awaited<ReturnType<typeof openStore>>["db"]) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir, random: systemRandom, log: () => undefined });
  return ask(store.db).finally(store.close);
}
const stateOf = (id: string) =>
  stored(async (db) => (await db.selectFrom("job").select("state").where("id", "=", id).executeTakeFirstOrThrow()).state);

/** A job that runs until its workers, which are told, are woken or it is ended. */
async function heldJob(platform: Platform): Promise<{ readonly id: string; readonly workers: readonly number[] }> {
  await until("both workers wait", () => {
    const idle = platform.engine.workers().filter(({ role, state }) => role === "run" && state === "idle");
    return idle.length === 2;
  });
  const workers = freezeWaitingWorkers(platform);
  const analyst = people.analyst.at(platform.url);
  const sql = "SELECT county, count(*) AS n FROM person GROUP BY county";
  const id = String((await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);
  await until("it runs", async () => (await analyst.get(`/v1/jobs/${id}`))["state"] === "running");
  return { id, workers };
}

t.test("while it drains, a gateway is not ready, begins nothing, shows the rest, and lets a running job end", async (t) => {
  const platform = await startHere({ drainMs: 60_000 });
  const { id, workers } = await heldJob(platform);
  const analyst = people.analyst.at(platform.url);
  const stream = get(new URL(`/v1/jobs/${id}/events`, platform.url), {
    headers: { authorization: `Bearer ${analyst.token}` },
    agent: false,
  });
  const [heard] = (await once(stream, "response")) as [IncomingMessage];
  let text = "";
  heard.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const drained = platform.drain();
  t.same(await failingAt(platform.url), ["draining"]);
  const refused = await fetch(new URL(`/v1/agreements/${agreement}/jobs`, platform.url), {
    method: "POST",
    headers: { authorization: `Bearer ${analyst.token}`, "content-type": "application/json" },
    body: JSON.stringify({ sql: "SELECT count(*) AS n FROM person" }),
  });
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: "GATEWAY_DRAINING" });
  t.equal(refused.headers.get("retry-after"), "1");
  t.equal(refused.headers.get("connection"), "close");
  t.match(await problemOf(people.steward.at(platform.url).upload(`/v1/resources/${resource}/data`, new Blob([""]).stream())), {
    code: "GATEWAY_DRAINING",
  });
  t.match(await analyst.get(`/v1/jobs/${id}`), { state: "running" }, "what there is can be read");
  for (const worker of workers) process.kill(worker, "SIGCONT");
  await drained;
  t.match(text, /running[\s\S]*done/, "whoever listened heard of its end");
  t.equal(await stateOf(id), "done");
  const deferred = await stored(async (db) => {
    const leaves = await db.selectFrom("audit_event").select("leaf").execute();
    return leaves.map(({ leaf }) => JSON.parse(leaf.toString())).filter(({ type }) => type === "request.deferred");
  });
  t.same(
    deferred.map(({ code, outcome, data }) => [code, outcome, data.route]),
    [
      ["GATEWAY_DRAINING", "refused", "/v1/agreements/:id/jobs"],
      ["GATEWAY_DRAINING", "refused", "/v1/resources/:id/data"],
    ],
  );
});

t.test("a job that does not end in time is interrupted, and who listens is told to come back", async (t) => {
  const platform = await startHere({ drainMs: 300 });
  const { id } = await heldJob(platform);
  const stream = get(new URL(`/v1/jobs/${id}/events`, platform.url), {
    headers: { authorization: `Bearer ${people.analyst.token}` },
    agent: false,
  });
  const [heard] = (await once(stream, "response")) as [IncomingMessage];
  let text = "";
  heard.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await platform.drain();
  t.match(text, /^retry: \d+\n\n[\s\S]*: this gateway stops; connect again\n\n$/);
  t.equal(await stateOf(id), "interrupted");
});

t.test("one that is hastened waits no longer", async (t) => {
  const platform = await startHere({ drainMs: 86_400_000, drainNoticeMs: 600_000 });
  const { id } = await heldJob(platform);
  const drained = platform.drain();
  t.same(await failingAt(platform.url), ["draining"]);
  platform.hasten();
  await drained;
  t.equal(await stateOf(id), "interrupted");
});

const env = {
  HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
  HANGUANG_ENCLAVE_WORKERS: "2",
  HANGUANG_ENCLAVE_COMPILERS: "1",
};

interface Sent {
  readonly what: "job" | "family" | "read";
  readonly begun: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly id: string | undefined;
}

/** One request over a connection of its own: nothing sends it again. `at`: when it was wholly sent. */
function send(url: URL, what: Sent["what"], token: string, body?: object): Promise<Sent> {
  return new Promise((resolve) => {
    let begun = Number.POSITIVE_INFINITY;
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const sent = request(url, { method: body === undefined ? "GET" : "POST", headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", (error) => resolve({ what, begun, status: undefined, error: error.message, id: undefined }));
      response.on("end", () =>
        resolve({ what, begun, status: response.statusCode, error: undefined, id: JSON.parse(text || "{}").id }),
      );
    });
    sent.on("error", (error) => resolve({ what, begun, status: undefined, error: error.message, id: undefined }));
    sent.on("socket", (socket) =>
      socket.on("connect", () => {
        begun = performance.now();
      }),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function underLoad(t: Test): Promise<void> {
  const gateway = await startGatewayProcess(t, { folder, env: { ...env, HANGUANG_SERVER_DRAIN_NOTICE_MS: "1000" } });
  const exited = once(gateway.process, "exit");
  const at = (path: string) => new URL(path, gateway.url);
  const all: Promise<Sent>[] = [];
  const over = new AbortController();
  let names = 0;
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const sql = `SELECT county, count(*) AS n${names++} FROM person GROUP BY county`;
      const round = [
        send(at(`/v1/agreements/${agreement}/jobs`), "job", people.analyst.token, { sql }),
        send(at("/v1/families"), "family", people.steward.token, { title: `家庭${names++}` }),
        send(at("/v1/jobs"), "read", people.analyst.token),
      ];
      all.push(...round);
      await Promise.all(round);
    }
  };
  const clients = [client(), client(), client()];
  // A file whose second half comes only after the gateway was told to stop.
  const csv = Buffer.from(peopleCsv());
  const upload = request(at(`/v1/resources/${resource}/data`), {
    method: "PUT",
    headers: { authorization: `Bearer ${people.steward.token}`, "content-type": "text/csv" },
    agent: false,
  });
  const uploaded = once(upload, "response") as Promise<[IncomingMessage]>;
  upload.write(csv.subarray(0, 1000));
  await until("there is load", () => all.length > 60);
  gateway.process.kill("SIGTERM");
  await until("it drains", async () => (await failingAt(gateway.url)).includes("draining"));
  const told = performance.now();
  upload.end(csv.subarray(1000));
  t.equal((await uploaded)[0].statusCode, 201, "a file under way is taken in");
  t.same(await exited, [0, null]);
  over.abort();
  await Promise.all(clients);
  const sent = await Promise.all(all);
  const broken = sent.filter(({ begun, error }) => error !== undefined && begun < told);
  t.same(broken, [], "no connection of a request under way is reset");
  const refused = sent.filter(({ status }) => status === 503);
  t.ok(refused.length > 0, "new work was refused meanwhile");
  t.comment(`${sent.length} requests, ${refused.length} refused`);
  await stored(async (db) => {
    const jobs = new Map((await db.selectFrom("job").select(["id", "state"]).execute()).map(({ id, state }) => [id, state]));
    const families = new Set((await db.selectFrom("resource_family").select("id").execute()).map(({ id }) => id));
    const lost = sent.filter(({ what, status, id = "" }) =>
      what === "job" ? status === 202 && !jobs.has(id) : what === "family" && status === 201 && !families.has(id),
    );
    t.same(lost, [], "nothing that was acknowledged is lost");
    const acknowledged = sent.filter(({ what, status }) => what === "job" && status === 202).map(({ id = "" }) => jobs.get(id));
    t.same(
      [...new Set(acknowledged)].filter((state) => state !== "done" && state !== "queued"),
      [],
      "no job was cut off",
    );
    const [{ events } = { events: "" }] = await db
      .selectFrom("audit_event")
      .select((eb) => eb.fn.countAll<string>().as("events"))
      .execute();
    const [, size] = (await readFile(join(dataDir, "checkpoint"), "utf8")).split("\n");
    t.equal(size, events, "the published checkpoint covers every event");
  });
}

t.test("SIGTERM under load: what was acknowledged stays, what is under way ends, and the checkpoint covers it", underLoad);

t.test("a second signal hastens the first", async (t) => {
  const gateway = await startGatewayProcess(t, { folder, env: { ...env, HANGUANG_SERVER_DRAIN_NOTICE_MS: "600000" } });
  const exited = once(gateway.process, "exit");
  gateway.process.kill("SIGTERM");
  await until("it drains", async () => (await failingAt(gateway.url)).includes("draining"));
  gateway.process.kill("SIGINT");
  t.same(await exited, [0, null]);
});

t.test("one that is told to stop while it starts stops once it is up, and leaves no database behind", async (t) => {
  const child = spawn(process.execPath, ["src/main.ts", "--data-dir", dataDir, "--key-file", join(folder, "root.key")], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH: process.env["PATH"], HANGUANG_SERVER_PORT: "0", HANGUANG_LOG_LEVEL: "error", ...env },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const pidFile = join(dataDir, "pg/postmaster.pid");
  const running = () =>
    access(pidFile).then(
      () => true,
      () => false,
    );
  await until("its database starts", running);
  child.kill("SIGTERM");
  t.same(await exited, [0, null]);
  t.equal(await running(), false);
});
