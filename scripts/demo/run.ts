import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { startPlatform } from "../../src/cli/start-platform.ts";
import { verifyPackage } from "../../src/export-gate/index.ts";
import { CodedError, loadConfig } from "../../src/kernel/index.ts";
import { type Json, ProblemError } from "./api-client.ts";
import { type DemoTable, demoSchema } from "./declarations.ts";
import { generatePopulation } from "./generate-population.ts";
import { readOptions } from "./options.ts";
import { type People, signUp } from "./people-of-the-story.ts";
import { Story } from "./story.ts";
import { tellTrace } from "./tell-trace.ts";
import { verifyDownloadedLog } from "./verify-downloaded-log.ts";

const values = readOptions(process.argv.slice(2));
const sizes = { people: values.people, visits: values.visits, enterprises: values.enterprises };
// With --json the last line is for machines and the story goes to stderr.
const story = new Story(values.json ? process.stderr : process.stdout);
const dataDir = resolve(values.dataDir);
const filesDir = `${dataDir}.files`;
const keyFile = resolve(values.keyFile);
const marker = `${dataDir}.is-a-demo`;

/** A demo starts from nothing; a folder that is not a demo's is never removed. */
async function prepareFolders(): Promise<void> {
  const isDemo = await stat(marker).catch(() => undefined);
  const exists = await stat(dataDir).catch(() => undefined);
  if (exists !== undefined && isDemo === undefined)
    throw new Error(`${dataDir} exists and is no demo's. Choose another --data-dir.`);
  for (const path of [dataDir, filesDir, keyFile]) await rm(path, { recursive: true, force: true });
  await mkdir(filesDir, { recursive: true });
  await writeFile(marker, "npm run demo may remove the folder of this name.\n");
}

const honestSql = `SELECT p.county, count(DISTINCT p.id_card) AS patients, count(*) AS visits, round(avg(v.cost), 2) AS mean_cost
FROM person p JOIN visit v USING (id_card)
WHERE v.icd10 LIKE 'E11%' AND v.visit_date >= DATE '2024-01-01'
GROUP BY p.county
ORDER BY patients DESC`;

const taxSql = `SELECT county, industry, count(*) AS enterprises, sum(tax) AS tax
FROM enterprise
GROUP BY county, industry
ORDER BY tax DESC NULLS LAST`;

const rawSql = "SELECT id_card, birth_date, income FROM person LIMIT 10";

async function declare(people: People, families: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const resources = new Map<string, string>();
  for (const table of demoSchema.tables) {
    const { id } = await people.steward.post("/v1/resources", {
      family: families[table.family],
      name: table.name,
      title: table.title,
      grade: table.grade,
      columns: table.columns,
      subjects: table.subjects,
    });
    resources.set(table.name, String(id));
  }
  return resources;
}

async function handIn(people: People, table: DemoTable, resource: string): Promise<Json> {
  const file = join(filesDir, table.file);
  return story.step(
    `load-${table.name}`,
    `hand in ${table.file}`,
    (progress) => {
      let sent = 0;
      const stream = createReadStream(file);
      stream.on("data", (chunk) => {
        sent += chunk.length;
        progress(`${(sent / 1_048_576).toFixed(0)} MiB`);
      });
      return people.steward.upload(`/v1/resources/${resource}/data`, Readable.toWeb(stream) as ReadableStream<Uint8Array>);
    },
    (version) => `${Number(version["rows"]).toLocaleString("en")} rows, version ${String(version["number"])}`,
  );
}

async function makeAgreement(people: People, resources: ReadonlyMap<string, string>): Promise<string> {
  const scope = demoSchema.tables.map((table) => ({
    resource: resources.get(table.name),
    columns: table.columns.map(({ name }) => name),
    rowFilter: table.name === "visit" ? [{ column: "visit_date", op: ">=", value: "2023-01-01" }] : [],
  }));
  const today = new Date();
  const day = (years: number) => `${today.getUTCFullYear() + years}-01-01`;
  const { id } = await people.operatorAdmin.post("/v1/agreements", {
    scenario: "医保就诊与企业税收融合分析",
    purpose: "评估慢性病就诊负担与区域产业状况",
    operator: people.operator,
    agency: people.agency,
    startsOn: day(0),
    endsOn: day(1),
    scope: { resources: scope },
  });
  await people.officer.post(`/v1/agreements/${String(id)}/approve`);
  await people.officer.post(`/v1/agreements/${String(id)}/activate`);
  return String(id);
}

async function runJob(people: People, agreement: string, name: string, sql: string): Promise<Json> {
  return story.step(
    name,
    sql.split("\n")[0]?.slice(0, 70) ?? "",
    async () => {
      const { id } = await people.analyst.post(`/v1/agreements/${agreement}/jobs`, { sql });
      return people.analyst.untilEnded(String(id));
    },
    (job) => String(job["state"]),
  );
}

/** Submits, shows the table, and tells what was suppressed as the reviewer sees it. */
async function show(people: People, job: Json): Promise<Json> {
  const page = await people.analyst.get(`/v1/jobs/${String(job["id"])}/result`);
  const columns = (page["columns"] as readonly { readonly name: string }[]).map(({ name }) => name);
  story.table(columns, page["rows"] as readonly (readonly unknown[])[], 8);
  return page;
}

function tellSuppressed(evidence: Json): void {
  const counts = new Map<string, number>();
  for (const { verdict } of evidence["cells"] as readonly { readonly verdict: string }[])
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const reasons: Readonly<Record<string, string>> = {
    pass: "shown",
    owners: "suppressed: fewer than 10 owners",
    dominance: "suppressed: two owners hold 90 % or more",
    "p-percent": "suppressed: the second largest could estimate the largest",
    full: "suppressed: says something of every owner",
    complement: "suppressed: would follow by subtraction",
  };
  for (const [verdict, count] of counts) story.line(`  ${count} atomic cells ${reasons[verdict] ?? verdict}`);
}

async function main(): Promise<void> {
  const began = performance.now();
  await prepareFolders();
  story.chapter("1 The data: an invented Hebei, as files of the source units (数源单位)");
  await story.step(
    "generate",
    "make person.csv, visit.csv, enterprise.csv",
    (progress) =>
      generatePopulation({
        ...sizes,
        outDir: filesDir,
        onProgress: ({ table, rows }) => progress(`${table} ${rows.toLocaleString("en")}`),
      }),
    () => filesDir,
  );

  story.chapter("2 The platform");
  const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
  const { port } = values;
  const identity = port === 0 ? {} : { webOrigin: `http://localhost:${port}` };
  const demo = { server: { port }, identity, log: { level: "error" }, enclave: { allowWeakIsolation: true } };
  const config = loadConfig([shipped, demo], {});
  const platform = await story.step(
    "start",
    "start PostgreSQL, enclave and gateway",
    () => startPlatform({ dataDir, keyFile, config }),
    ({ url }) => url,
  );
  try {
    await tell(platform, began);
  } finally {
    if (values.once) await platform.close();
  }
}

type Platform = Awaited<ReturnType<typeof startPlatform>>;

async function tell(platform: Platform, began: number): Promise<void> {
  const { url } = platform;
  const isolation = platform.engine.isolation.level;
  story.line(
    isolation === "namespaces"
      ? "✓ each job runs in namespaces of its own (measured): no network, no files, no other process"
      : "! WEAK ISOLATION: bubblewrap is not here, so only DuckDB's own settings wall the jobs in. Never with real data.",
  );
  const people = await story.step(
    "accounts",
    "set up: three administrators, five organisations, their people",
    () => signUp(platform),
    (made) => `${made.logins.size} accounts`,
  );

  story.chapter("3 Hand in (归集)");
  const families: Record<string, string> = {};
  for (const title of ["residents", "enterprises"])
    families[title] = String((await people.steward.post("/v1/families", { title }))["id"]);
  const resources = await declare(people, families);
  for (const table of demoSchema.tables) await handIn(people, table, resources.get(table.name) ?? "");

  story.chapter("4 Agreement (授权运营协议)");
  const agreement = await story.step(
    "agreement",
    "draft by the operator, approve and put in force by the agency",
    () => makeAgreement(people, resources),
    (id) => id,
  );

  story.chapter("5 An honest question: diabetes visits by county");
  const job = await runJob(people, agreement, "job", honestSql);
  if (job["state"] !== "done") throw new Error(`the honest job ended ${String(job["state"])}: ${JSON.stringify(job["answer"])}`);
  const page = await show(people, job);

  story.chapter("6 A question with unsafe cells: tax by county and industry");
  const taxJob = await runJob(people, agreement, "tax-job", taxSql);
  if (taxJob["state"] !== "done")
    throw new Error(`the tax job ended ${String(taxJob["state"])}: ${JSON.stringify(taxJob["answer"])}`);
  const taxPage = await show(people, taxJob);

  story.chapter("7 Trying to get rows out");
  const raw = await runJob(people, agreement, "raw-job", rawSql);
  const refusal = raw["answer"] as Json | null;
  story.line(`${String(refusal?.["code"])}: ${String(refusal?.["rule"])}`);
  story.line(`found: ${String(refusal?.["found"])}; instead: ${String(refusal?.["instead"])}`);
  let rawExport = "refused by the compiler, so there is no result to export";
  try {
    await people.analyst.post("/v1/exports", {
      result: String(raw["id"]).replace("job_", "rst_"),
      purpose: "看看",
      productName: "rows",
    });
    rawExport = "EXPORTED";
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    rawExport = `blocked: ${String(error.problem["code"])}`;
  }
  story.line(`export of it: ${rawExport}`);

  story.chapter("8 Export of the table (导出), through machine checks and two reviewers (合规审核)");
  const requested = await story.step(
    "export-request",
    "request: run again in a fresh worker, six machine checks",
    () =>
      people.analyst.post("/v1/exports", {
        result: page["result"],
        purpose: "发布区域慢性病就诊报告",
        productName: "糖尿病就诊负担分县统计",
      }),
    (view) => `verdict ${String(view["verdict"])}`,
  );
  const exportId = String(requested["id"]);
  for (const { id, verdict } of requested["checks"] as readonly { readonly id: string; readonly verdict: string }[])
    story.line(`  ${verdict.padEnd(6)} ${id}`);
  tellSuppressed(await people.reviewers[0].get(`/v1/exports/${exportId}/evidence`));
  const taxExport = await people.analyst.post("/v1/exports", {
    result: taxPage["result"],
    purpose: "区域产业状况",
    productName: "分县分行业税收统计",
  });
  story.line(`beside it, the tax table's cells (machine verdict ${String(taxExport["verdict"])}):`);
  tellSuppressed(await people.reviewers[0].get(`/v1/exports/${String(taxExport["id"])}/evidence`));
  for (const reviewer of people.reviewers) {
    await reviewer.get(`/v1/exports/${exportId}/evidence`);
    const voted = await reviewer.post(`/v1/exports/${exportId}/reviews`, {
      decision: "approve",
      reason: "聚合统计，阈值与占比均符合协议",
    });
    story.line(`  ${reviewer.login} approves: ${String(voted["state"])}`);
  }
  await story.step(
    "release",
    "release by the agency, seal the package",
    () => people.officer.post(`/v1/exports/${exportId}/release`),
    (view) => String(view["state"]),
  );

  story.chapter("9 Download and verify");
  const grant = await people.analyst.post(`/v1/exports/${exportId}/downloads`);
  const response = await people.analyst.send(
    "POST",
    "/v1/downloads",
    JSON.stringify({ token: grant["token"] }),
    "application/json",
  );
  const archive = new Uint8Array(await response.arrayBuffer());
  const packageFile = join(filesDir, `${exportId}.zip`);
  await writeFile(packageFile, archive);
  const [logKey = "", packageKey = ""] = (await (await fetch(new URL("/log/key", url))).text()).split("\n");
  const findings = await verifyPackage(archive, { logKey, packageKey });
  for (const { check, ok, note } of findings) story.line(`  ${ok ? "✓" : "✗"} ${check}: ${note}`);
  const again = await people.analyst
    .send("POST", "/v1/downloads", JSON.stringify({ token: grant["token"] }), "application/json")
    .then(
      () => "given AGAIN",
      (error: unknown) => (error instanceof ProblemError ? String(error.problem["code"]) : String(error)),
    );
  story.line(`the same grant again: ${again}`);

  story.chapter("10 Trace (监管溯源): from the export back to the files, and on to the download");
  tellTrace(story, await people.auditor.get(`/v1/audit/trace/${exportId}`));

  story.chapter("11 The log");
  const log = await story.step(
    "verify-log",
    "fetch every leaf and recompute the tree",
    () => verifyDownloadedLog(people.auditor, logKey),
    ({ size, ok }) => `${size} events, ${ok ? "the signed root is theirs" : "THE ROOT DIFFERS"}`,
  );

  const packageOk = findings.every(({ ok }) => ok);
  const ok =
    packageOk && log.ok && rawExport.startsWith("blocked") && raw["state"] === "refused" && again === "EXPORT_GRANT_INVALID";
  story.timings["total"] = Math.round(performance.now() - began);
  story.line();
  story.line(
    `${ok ? "All of it held" : "SOMETHING DID NOT HOLD"} in ${(story.timings["total"] / 1000).toFixed(1)} s. The package: ${packageFile}`,
  );
  story.line("Check it yourself, off line:");
  story.line(`  npm run --silent verify -- package ${packageFile} --package-key ${packageKey} --log-key ${logKey}`);
  if (values.once) story.line(`  npm run --silent verify -- log --data-dir ${dataDir} --key-file ${keyFile}`);
  if (!ok) process.exitCode = 1;
  if (!values.once) {
    story.chapter(`The platform stays up at ${url} until Ctrl-C`);
    story.line("login            password               secret of the authenticator app         roles");
    for (const { login, password, authenticator, roles } of people.logins.values())
      story.line(`${login.padEnd(16)} ${password}   ${(authenticator?.secret ?? "").padEnd(32)}        ${roles.join(", ")}`);
    story.line("A code for the second factor:  npm run --silent totp -- SECRET");
    story.line(
      `try:  curl -s ${url}/v1/auth/login -H 'content-type: application/json' -d '{"login":"analyst","password":"${people.logins.get("analyst")?.password ?? ""}"}'`,
    );
    process.on("SIGINT", () => void platform.close().then(() => process.exit(0)));
    process.on("SIGTERM", () => void platform.close().then(() => process.exit(0)));
  }
  if (values.json) {
    const summary = {
      ok,
      rawExport: rawExport.startsWith("blocked") ? "blocked" : "released",
      aggregateExport: packageOk ? "released" : "broken",
      auditVerified: log.ok,
      isolation,
      timings: story.timings,
    };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  }
}

main().catch((error: unknown) => {
  // What the platform says of itself is meant for a person; a stack is for what nobody foresaw.
  const said =
    error instanceof CodedError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nThe demo stopped: ${said}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ ok: false, timings: story.timings })}\n`);
  process.exitCode = 1;
});
