import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { peopleCsv, peopleDeclaration, prepareAgreement } from "../../test/support/platform.ts";
import { signUp } from "../demo/people-of-the-story.ts";
import { createChance } from "./chance.ts";
import { checkFiles, checkLog, checkStore } from "./check.ts";
import { startDatabase } from "./database.ts";
import { faultsOf } from "./faults.ts";
import { type Berth, keepGateway } from "./fleet.ts";
import { type Ground, startLoad } from "./load.ts";
import { watchProcesses } from "./processes.ts";

const usage = `Usage: npm run chaos -- [--minutes N] [--gateways N] [--seed N]

Several gateways on one PostgreSQL under load, and faults by chance: gateways, workers and PostgreSQL are killed and
paused, the data folder's small file system is filled (as root; else not). Then everything that was acknowledged is looked for.
`;
const MiB = 1024 * 1024;
const tell = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 180_000; Date.now() < deadline; await pause(250))
    if (await holds().catch(() => false)) return;
  throw new Error(`within three minutes it did not come to pass that ${what}`);
}
const isReady = async (berth: Berth): Promise<boolean> => {
  const url = berth.url();
  return url !== undefined && (await fetch(new URL("/readyz", url))).ok;
};

function mountSmall(dataDir: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=192m,mode=711", "tmpfs", dataDir], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: "string" }, gateways: { type: "string" }, seed: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const [minutes, count] = [Number(values.minutes ?? 5), Number(values.gateways ?? 3)];
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  tell(`seed ${seed}, ${minutes} minutes, ${count} gateways`);
  const folder = await mkdtemp(join(tmpdir(), "hg-chaos-"));
  await chmod(folder, 0o755);
  const dataDir = join(folder, "data");
  await mkdir(dataDir, { mode: 0o711 });
  const isSmall = mountSmall(dataDir);
  if (!isSmall) tell("no right to mount a small file system: disks are not filled");
  const database = await startDatabase(folder);
  const watch = watchProcesses();
  const env = {
    DATABASE_URL: database.url,
    HANGUANG_SERVER_PORT: "0",
    HANGUANG_LOG_LEVEL: "fatal",
    HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true",
    HANGUANG_ENCLAVE_WORKERS: "1",
    HANGUANG_ENCLAVE_COMPILERS: "1",
    HANGUANG_ENCLAVE_HEARTBEAT_MS: "500",
    HANGUANG_ENCLAVE_LEASE_MS: "5000",
    HANGUANG_SERVER_DRAIN_MS: "5000",
    HANGUANG_IDENTITY_ACCESS_TOKEN_TTL_MS: "3600000",
    HANGUANG_INGEST_UPLOAD_PIECE_BYTES: "65536",
    HANGUANG_STORAGE_LOW_FREE_BYTES: String(48 * MiB),
    HANGUANG_STORAGE_CRITICAL_FREE_BYTES: String(24 * MiB),
  };
  const berths = Array.from({ length: count }, (_, at) => keepGateway(`gateway ${at + 1}`, { folder, env, watch }));
  const [first, ...others] = berths;
  if (first === undefined) throw new RangeError(usage);
  await until("all gateways are ready", async () => (await Promise.all(berths.map(isReady))).every(Boolean));
  const people = await signUp({ url: first.url() ?? "", setupCodePath: join(dataDir, "first-admin-code") });
  const { agreement } = await prepareAgreement(people);
  const family = await people.steward.post("/v1/families", { title: "handed in again and again" });
  const declared = await people.steward.post("/v1/resources", { family: family["id"], ...peopleDeclaration, name: "again" });
  const ground: Ground = {
    agreement,
    resource: String(declared["id"]),
    csv: Buffer.from(peopleCsv()),
    counts: { 桥西区: 300, 长安区: 294 },
  };

  tell("load begins");
  const load = startLoad(berths, people, ground);
  const world = { chance: createChance(seed), database, berths: [first, ...others] as const, dataDir, isSmall };
  const faults = faultsOf(world);
  const struck = new Map<string, number>();
  for (const end = Date.now() + minutes * 60_000; Date.now() < end; ) {
    await pause(world.chance.between(500, 6000));
    const fault = world.chance.pick(faults);
    struck.set(fault.name, (struck.get(fault.name) ?? 0) + 1);
    await fault.strike(world);
    tell(`${fault.name}; ${load.acknowledged.jobs.size} jobs acknowledged`);
  }

  tell("the faults are over");
  await until("all gateways are ready", async () => (await Promise.all(berths.map(isReady))).every(Boolean));
  const before = load.acknowledged.jobs.size;
  await until("work goes on", async () => load.acknowledged.jobs.size >= before + 10);
  await load.stop();
  const waiting = async () =>
    Number((await database.ask("SELECT count(*) FROM job WHERE state IN ('queued', 'running')"))[0]?.["count"]);
  await until("no job waits or runs", async () => (await waiting()) === 0);
  const problems: string[] = [...load.findings];
  const token = people.auditor.token;
  for (const berth of berths) problems.push(...(await checkLog(berth.url() ?? "", token)));
  problems.push(...(await checkStore(database, load.acknowledged)));
  const ends = berths.flatMap((berth) => [...berth.ends]);
  await Promise.all(berths.map((berth) => berth.stop()));
  for (const end of berths.flatMap((berth) => berth.ends.slice(-1)))
    if (end !== "exit 0") problems.push(`a gateway's last end: ${end}`);
  const last = keepGateway("the last", { folder, env, watch });
  await until("one more gateway is ready", () => isReady(last));
  problems.push(...(await checkFiles(database, dataDir)));
  await last.stop();
  for (const pid of watch.alive()) problems.push(`process ${pid} lives`);
  watch.close();

  const states = await database.ask("SELECT state, count(*)::int AS n FROM job GROUP BY state ORDER BY state");
  const [events] = await database.ask("SELECT count(*)::int AS n FROM audit_event");
  await database.stop();
  if (isSmall) execFileSync("umount", [dataDir]);
  await rm(folder, { recursive: true, force: true });
  const tally = <T>(items: Iterable<T>) => {
    const counts = new Map<T, number>();
    for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
    return Object.fromEntries(counts);
  };
  const { jobs, families, versions, cancelled } = load.acknowledged;
  console.log(
    JSON.stringify({
      seed,
      minutes,
      gateways: count,
      faults: Object.fromEntries(struck),
      ends: tally(ends),
      answers: Object.fromEntries(load.answers),
      acknowledged: { jobs: jobs.size, families: families.size, versions: versions.size, cancelled: cancelled.size },
      jobs: Object.fromEntries(states.map(({ state, n }) => [state, n])),
      events: events?.["n"],
      problems,
    }),
  );
  return problems.length === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exit(code);
  },
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
