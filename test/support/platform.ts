import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { type Json, ProblemError } from "../../scripts/demo/api-client.ts";
import type { AuthenticatorTime } from "../../scripts/demo/authenticator.ts";
import { type People, signUp } from "../../scripts/demo/people-of-the-story.ts";
import { noLimits } from "../../scripts/no-limits.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../../src/cli/start-platform.ts";
import { type Config, loadConfig } from "../../src/kernel/index.ts";
import { checkAnswers } from "./checked-fetch.ts";
import { copyCluster } from "./cluster.ts";
import { passwordLog2Cost } from "./identity.ts";
import { createTestClock, type TestClock } from "./store.ts";

export interface TestPlatform extends People {
  readonly platform: Platform;
  readonly url: string;
  readonly dataDir: string;
  readonly clock: TestClock;
}

export async function testConfig(over: object = {}): Promise<Config> {
  const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
  const quiet = {
    server: { port: 0 },
    log: { level: "silent" },
    enclave: { allowWeakIsolation: true, workers: 2 },
    // No test depends on how full the disk is on which it runs.
    storage: { lowFreeBytes: 0, lowFreePercent: 0, criticalFreeBytes: 0, criticalFreePercent: 0 },
    limits: noLimits,
  };
  return loadConfig([shipped, quiet, over], {});
}

/** A folder that the database's own account can enter; removed when the test ends. */
export async function makeTestFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hg-e2e-"));
  await chmod(folder, 0o755);
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Somebody who signs in a third time within half a minute has to wait; here the wait moves the clock. */
export function timeOf(clock: TestClock): AuthenticatorTime {
  return { now: clock.now, waitUntil: async (instant) => clock.set(instant) };
}

/** The whole platform over HTTP, with everybody of the demo signed in; its answers are held to its OpenAPI document. */
export async function startTestPlatform(
  t: Test,
  over: object = {},
  options: Pick<PlatformOptions, "logTo"> = {},
): Promise<TestPlatform> {
  const folder = await makeTestFolder(t);
  const clock = createTestClock();
  const dataDir = join(folder, "data");
  await copyCluster(dataDir);
  const platform = await startPlatform({
    dataDir,
    keyFile: join(folder, "root.key"),
    config: await testConfig(over),
    clock,
    passwordLog2Cost,
    ...options,
  });
  t.teardown(() => platform.close());
  await checkAnswers(t, platform.url);
  return { ...(await signUp(platform, timeOf(clock))), platform, url: platform.url, dataDir, clock };
}

export const csvStream = (text: string | Uint8Array): ReadableStream<Uint8Array> => new Blob([text]).stream();

/** The problem of a request that must be refused. */
export async function problemOf(request: Promise<unknown>): Promise<Json & { readonly httpStatus: number }> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ProblemError) return { ...error.problem, httpStatus: error.status };
    throw error;
  }
  throw new Error("the request was not refused");
}

const counties = ["桥西区", "长安区", "裕华区"];

/** 600 people in three counties of 300, 294 and 6: the last is too small to be shown. */
export function peopleCsv(): string {
  const lines = Array.from({ length: 600 }, (_, at) => {
    const county = at < 300 ? counties[0] : at < 594 ? counties[1] : counties[2];
    return `P${String(at).padStart(5, "0")},${county},${1950 + (at % 60)}-01-15,${10_000 + at}`;
  });
  return `id_card,county,birth_date,income\n${lines.join("\n")}\n`;
}

export const peopleDeclaration = {
  name: "person",
  title: "人口",
  grade: "general-3",
  columns: [
    { name: "id_card", type: "VARCHAR", role: "identifier", nullable: false },
    { name: "county", type: "VARCHAR", role: "quasi-identifier" },
    { name: "birth_date", type: "DATE", role: "quasi-identifier" },
    { name: "income", type: "BIGINT", role: "measure", grid: 1000 },
  ],
  subjects: [{ kind: "person", column: "id_card", unique: true }],
} as const;

/** Declares the people, without data; gives the resource's id. */
export async function declarePeople(people: People): Promise<string> {
  const family = await people.steward.post("/v1/families", { title: "居民" });
  return String((await people.steward.post("/v1/resources", { family: family["id"], ...peopleDeclaration }))["id"]);
}

export interface AgreementTerms {
  readonly startsOn?: string;
  readonly endsOn?: string;
  readonly scenario?: string;
}

export function agreementRequest(people: People, resource: string, terms: AgreementTerms = {}): Json {
  return {
    scenario: terms.scenario ?? "人口收入统计",
    purpose: "统计",
    operator: people.operator,
    agency: people.agency,
    startsOn: terms.startsOn ?? "2026-01-01",
    endsOn: terms.endsOn ?? "2027-01-01",
    scope: { resources: [{ resource, columns: ["id_card", "county", "birth_date", "income"] }] },
  };
}

/** Declared, loaded, agreed and in force: ready for jobs. */
export async function prepareAgreement(people: People): Promise<{ readonly resource: string; readonly agreement: string }> {
  const resource = await declarePeople(people);
  await people.steward.upload(`/v1/resources/${resource}/data`, csvStream(peopleCsv()));
  const agreement = String((await people.operatorAdmin.post("/v1/agreements", agreementRequest(people, resource)))["id"]);
  await people.officer.post(`/v1/agreements/${agreement}/approve`);
  await people.officer.post(`/v1/agreements/${agreement}/activate`);
  return { resource, agreement };
}

/** Runs one statement to its end and gives the job. */
export async function runToEnd(people: Pick<People, "analyst">, agreement: string, sql: string): Promise<Json> {
  const { id } = await people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql });
  return people.analyst.untilEnded(String(id));
}
