import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { ApiClient } from "../../scripts/demo/api-client.ts";
import { signUp } from "../../scripts/demo/people-of-the-story.ts";
import { type Platform, startPlatform } from "../../src/cli/start-platform.ts";
import { copyCluster } from "../support/cluster.ts";
import { passwordLog2Cost } from "../support/identity.ts";
import { startProcess } from "../support/main-process.ts";
import { makeTestFolder, prepareAgreement, problemOf, runToEnd, testConfig } from "../support/platform.ts";

const root = join(import.meta.dirname, "../..");

/** The same platform in this process, with passwords that cost little: signing everybody up is not what is tested. */
async function startHere(folder: string): Promise<Platform> {
  const dataDir = join(folder, "data");
  await copyCluster(dataDir);
  return startPlatform({ dataDir, keyFile: join(folder, "root.key"), config: await testConfig(), passwordLog2Cost });
}

/** A folder with everybody signed up and an agreement in force, and no process over it. */
async function prepareFolder(folder: string) {
  const platform = await startHere(folder);
  const people = await signUp(platform);
  const { agreement } = await prepareAgreement(people);
  await platform.close();
  return { people, agreement };
}

t.test("kill -9 under load loses nothing that was acknowledged and leaves no job running; SIGTERM ends in order", async (t) => {
  const folder = await makeTestFolder(t);
  const prepared = await prepareFolder(folder);
  const { agreement } = prepared;
  const first = await startProcess(t, folder);
  const people = { analyst: prepared.people.analyst.at(first.url) };
  const done = await runToEnd(people, agreement, "SELECT county, count(*) AS n FROM person GROUP BY county");
  t.equal(done["state"], "done");
  const acknowledged: string[] = [];
  for (let at = 0; at < 12; at++)
    acknowledged.push(
      String(
        (
          await people.analyst.post(`/v1/agreements/${agreement}/jobs`, {
            sql: `SELECT county, sum(income) AS s${at} FROM person GROUP BY county`,
          })
        )["id"],
      ),
    );
  first.process.kill("SIGKILL");
  await once(first.process, "exit");

  const second = await startProcess(t, folder);
  // Sessions outlive the process, too.
  const [analyst, auditor] = [people.analyst.at(second.url), prepared.people.auditor.at(second.url)];
  const ends = await Promise.all(acknowledged.map((job) => analyst.untilEnded(job)));
  for (const { state } of ends) t.match(state, /^(done|interrupted)$/);
  t.equal((await analyst.get(`/v1/jobs/${String(done["id"])}/result`))["rowCount"], 2, "an earlier result is still there");
  t.match(await analyst.get(`/v1/audit/trace/${acknowledged[0]}`).catch((error: unknown) => error), { status: 403 });
  for (const job of acknowledged) {
    const trace = await auditor.get(`/v1/audit/trace/${job}`);
    t.ok(JSON.stringify(trace).includes("job.submitted"), "each acknowledged job has its event");
  }
  t.match(await runToEnd({ analyst }, agreement, "SELECT count(*) AS n FROM person"), { state: "done" });

  second.process.kill("SIGTERM");
  const [code] = (await once(second.process, "exit")) as [number];
  t.equal(code, 0);
});

t.test("PostgreSQL that dies under load is started again; requests meanwhile are told to come back", async (t) => {
  const folder = await makeTestFolder(t);
  const platform = await startHere(folder);
  t.teardown(() => platform.close());
  const people = await signUp(platform);
  const { agreement } = await prepareAgreement(people);
  const acknowledged: string[] = [];
  let refused = 0;
  const submit = async (at: number): Promise<void> => {
    try {
      acknowledged.push(
        String(
          (
            await people.analyst.post(`/v1/agreements/${agreement}/jobs`, {
              sql: `SELECT county, count(*) AS n${at} FROM person GROUP BY county`,
            })
          )["id"],
        ),
      );
    } catch (error) {
      refused++;
      t.match(error, { status: 503, problem: { code: "UNAVAILABLE" } });
    }
  };
  for (let at = 0; at < 10; at++) await submit(at);
  const pid = platform.store.serverPid();
  process.kill(pid ?? 0, "SIGKILL");
  for (let at = 10; acknowledged.length < 20; at++) await submit(at);
  t.ok(refused > 0, `${refused} requests were told to come back`);
  t.not(platform.store.serverPid(), pid, "another server runs");
  for (const job of acknowledged) t.match((await people.analyst.untilEnded(job))["state"], /^(done|interrupted)$/);
  t.match(await runToEnd(people, agreement, "SELECT count(*) AS n FROM person"), { state: "done" });
});

t.test("a bad setting stops the start with name, problem and a valid example", async (t) => {
  const folder = await makeTestFolder(t);
  const attempt = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => {
    const child = spawn(process.execPath, ["src/main.ts", "--data-dir", join(folder, "data"), ...args], {
      cwd: root,
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(child, "close")) as [number];
    return { code, said };
  };
  t.match(await attempt({ HANGUANG_SERVER_PORT: "abc" }), {
    code: 1,
    said: /HANGUANG_SERVER_PORT \(server\.port\).*"abc".*A valid example: 7310/,
  });
  t.match(await attempt({ HANGUANG_SERVER_HOST: "0.0.0.0" }), { code: 1, said: /server\.host.*valid example: "127\.0\.0\.1"/ });
  t.match(await attempt({ HANGUANG_SERVER_PROT: "1" }), { code: 1, said: /HANGUANG_SERVER_PROT: is no setting/ });
  t.match(await attempt({}, ["--key-file", join(folder, "data", "root.key")]), { code: 1, said: /inside the data folder/ });
  t.match(await attempt({}, ["--wrong"]), { code: 2, said: /Usage: npm start/ });
  t.match(await attempt({}, ["--config", join(folder, "none.json")]), { code: 1, said: /cannot be read/ });
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  t.match(await attempt({ HANGUANG_SERVER_PORT: String(port), HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true" }), {
    code: 1,
    said: /Another program listens on 127\.0\.0\.1:\d+\. Stop it, or set server\.port/,
  });
  holder.close();
  await rm(join(folder, "data"), { recursive: true, force: true });
});

t.test("the first administrators cannot be made twice, nor with a wrong code", async (t) => {
  const folder = await makeTestFolder(t);
  const { url } = await startProcess(t, folder);
  const setup = (code: string) =>
    new ApiClient(url).post("/v1/setup", {
      code,
      organisation: "平台",
      accounts: (["platform-admin", "security-admin", "audit-admin"] as const).map((role) => ({
        role,
        login: role,
        name: role,
        password: "a long pass phrase indeed",
      })),
    });
  t.match(await problemOf(setup("guess")), { httpStatus: 403, code: "IDENTITY_SETUP_REFUSED" });
});
