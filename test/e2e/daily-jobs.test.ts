import t from "tap";
import type { Json } from "../../scripts/demo/api-client.ts";
import { agreementRequest, prepareAgreement, problemOf, startTestPlatform } from "../support/platform.ts";
import { signUpColleague, signUpSecondOperator } from "../support/second-operator.ts";

const rig = await startTestPlatform(t, { jobs: { dailyJobsPerOperator: 40, dailyExplainsPerOperator: 12 } });
const { analyst, operatorAdmin, officer, reviewers, steward, auditor, platform, clock } = rig;
const { agreement, resource } = await prepareAgreement(rig);
const other = await signUpSecondOperator(rig);
const colleague = await signUpColleague(rig);

const figures = "SELECT county, count(*) AS n FROM person GROUP BY county ORDER BY county";
const submit = (body: Json, by = analyst) => by.post(`/v1/agreements/${agreement}/jobs`, body);
const idsOf = (page: Json): readonly string[] => (page["items"] as readonly Json[]).map(({ id }) => String(id));
const eventsOf = async (object: string): Promise<readonly Json[]> =>
  ((await auditor.get(`/v1/audit/events?object=${object}`))["items"] as readonly { event: Json }[]).map(({ event }) => event);

t.test("labels, priority and author come with a job and find it again", async (t) => {
  const job = await submit({ sql: figures, labels: [" 月报 ", "月报", "①期"], priority: "high" });
  t.match(job, { labels: ["月报", "1期"], priority: "high", query: null });
  await analyst.untilEnded(String(job["id"]));
  clock.advance(1);
  const mine = await submit({ sql: "SELECT 1 AS x" }, colleague);
  await colleague.untilEnded(String(mine["id"]));
  t.match(mine, { labels: [], priority: "normal" });
  const search = async (query: string) => idsOf(await analyst.get(`/v1/jobs?${query}`));
  t.strictSame(await search(`label=${encodeURIComponent("月报")}`), [job["id"]]);
  t.strictSame(await search(`author=${String(mine["author"])}`), [mine["id"]]);
  t.strictSame(await search(`agreement=${agreement}&state=done&limit=1`), [mine["id"]]);
  t.strictSame(await search("state=cancelled"), []);
  t.strictSame(await search("from=2026-03-02&to=2026-03-03"), [mine["id"], job["id"]], "16:00 on 2 March in Shanghai");
  t.strictSame(await search("from=2026-03-03"), []);
  t.strictSame(await search("to=2026-03-02"), []);
  t.match(await analyst.put(`/v1/jobs/${String(job["id"])}/labels`, { labels: ["年报"] }), { labels: ["年报"] });
  t.strictSame(await search(`label=${encodeURIComponent("月报")}`), []);
  t.match(
    (await eventsOf(String(job["id"]))).filter(({ type }) => type === "job.labelled"),
    [{ outcome: "done", data: { labels: 1 } }],
  );
  for (const labels of [["a\u0000b"], [" "], ["\u200b"], Array.from({ length: 17 }, (_, at) => String(at)), ["x".repeat(51)]])
    t.match(await problemOf(analyst.put(`/v1/jobs/${String(job["id"])}/labels`, { labels })), { httpStatus: /400|422/ });
  for (const query of ["from=2026-02-30", "from=1991-12-31", "to=0001-01-01"])
    t.match(await problemOf(analyst.get(`/v1/jobs?${query}`)), { httpStatus: 422, code: "JOB_DAY_INVALID" }, query);
  for (const query of ["state=gone", "agreement=x", "cursor=' OR 1=1", "limit=-1", "limit=1e3", "operator=x", "label="])
    t.match(await problemOf(analyst.get(`/v1/jobs?${query}`)), { httpStatus: 400 }, query);
});

t.test("a list pages without a gap or a double while jobs come in", async (t) => {
  const made: string[] = [];
  for (let at = 0; at < 7; at++) {
    clock.advance(1);
    made.push(String((await submit({ sql: "SELECT 1 AS x", labels: ["翻页"] }))["id"]));
  }
  const seen: string[] = [];
  let cursor = "";
  do {
    const page = await analyst.get(`/v1/jobs?label=${encodeURIComponent("翻页")}&limit=3${cursor}`);
    seen.push(...idsOf(page));
    clock.advance(1);
    await submit({ sql: "SELECT 1 AS x", labels: ["翻页"] });
    cursor = page["next"] === undefined ? "" : `&cursor=${String(page["next"])}`;
  } while (cursor !== "");
  t.strictSame(seen, made.toReversed());
  t.equal(idsOf(await analyst.get("/v1/jobs?limit=0")).length, 1, "at least one");
});

t.test("a list holds what its reader may see, and counts nothing else", async (t) => {
  const everything = idsOf(await analyst.get("/v1/jobs?limit=200"));
  t.ok(everything.length > 8);
  for (const reader of [operatorAdmin, colleague, officer, reviewers[0]])
    t.strictSame(idsOf(await reader.get("/v1/jobs?limit=200")), everything);
  for (const query of [
    "",
    `?agreement=${agreement}`,
    `?cursor=${everything[0]}`,
    `?author=${String((await analyst.get("/v1/me"))["id"])}`,
  ])
    t.strictSame(
      await other.analyst.get(`/v1/jobs${query}`),
      { items: [] },
      "another operator: neither jobs nor pages nor numbers",
    );
  for (const reader of [steward, auditor])
    t.match(await problemOf(reader.get("/v1/jobs")), { httpStatus: 403, code: "ACCESS_DENIED" });
  const job = everything[0];
  t.match(await problemOf(other.analyst.put(`/v1/jobs/${job}/labels`, { labels: [] })), {
    httpStatus: 404,
    code: "JOB_NOT_FOUND",
  });
  t.match(await problemOf(other.analyst.get(`/v1/jobs/${job}`)), { httpStatus: 404, code: "JOB_NOT_FOUND" });
  t.match(await problemOf(other.admin.delete(`/v1/jobs/${job}`)), { httpStatus: 404, code: "JOB_NOT_FOUND" });
  t.match(await problemOf(officer.put(`/v1/jobs/${job}/labels`, { labels: [] })), { httpStatus: 403 });
});

t.test("a statement is explained from its text and the schema, refused or not, without any data", async (t) => {
  const explain = (body: Json, by = analyst, id = agreement) => by.post(`/v1/agreements/${id}/explain`, body);
  const told = await explain({
    sql: "SELECT county, sum(income) AS s FROM person WHERE birth_date >= :from GROUP BY county",
    parameters: { from: { type: "DATE", value: "1960-01-01" } },
  });
  t.match(told, {
    accepted: true,
    columns: [{ name: "county", type: "VARCHAR" }, { name: "s" }],
    tables: ["person"],
    relations: [
      { tables: ["person"], owners: [{ kind: "person" }], keys: ["person.county"], rules: /10 or more distinct owners/ },
    ],
  });
  t.match(await explain({ sql: "SELECT count(*)\nFROM person WHERE id_card = 'x'" }), {
    accepted: false,
    refusal: { code: "QUERY_IDENTIFIER_USE", at: { line: 2 }, rule: String, found: String, instead: String },
  });
  // An agreement over a resource that has no row yet explains the same statement to the letter.
  const bare = await steward.post("/v1/resources", { ...(await declaration()), family: await family() });
  const request = agreementRequest(rig, String(bare["id"]), { scenario: "无数据场景" });
  const empty = String((await operatorAdmin.post("/v1/agreements", request))["id"]);
  await officer.post(`/v1/agreements/${empty}/approve`);
  t.match(await problemOf(explain({ sql: figures }, analyst, empty)), { httpStatus: 403, code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  await officer.post(`/v1/agreements/${empty}/activate`);
  t.strictSame(await explain({ sql: figures }, analyst, empty), await explain({ sql: figures }));
  t.equal((await platform.store.db.selectFrom("provision").selectAll().execute()).length, 1, "and nothing was provisioned");
  const events = await eventsOf(agreement);
  t.equal(events.filter(({ type, outcome }) => type === "statement.explained" && outcome === "done").length, 2);
  t.match(
    events.find(({ code }) => code === "QUERY_IDENTIFIER_USE"),
    { type: "statement.explained", outcome: "refused", data: { sqlHash: String } },
  );
  t.match(await problemOf(explain({ sql: figures }, other.analyst)), { httpStatus: 403, code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  t.match(await problemOf(explain({ sql: figures }, officer)), { httpStatus: 403, code: "ACCESS_DENIED" });

  async function declaration() {
    const { name, title, grade, columns, subjects } = await steward.get(`/v1/resources/${resource}`);
    return { name, title, grade, columns, subjects };
  }
  async function family() {
    return (await steward.post("/v1/families", { title: "居民（无数据）" }))["id"];
  }
});

t.test("explanations are bounded: two at a time, and so many a day", async (t) => {
  const explain = () => analyst.post(`/v1/agreements/${agreement}/explain`, { sql: figures });
  const together = await Promise.allSettled(Array.from({ length: 6 }, explain));
  const refused = together.filter((answer) => answer.status === "rejected");
  t.ok(refused.length >= 1);
  for (const { reason } of refused)
    t.match(reason, { status: 429, problem: { code: "JOB_EXPLAIN_BUSY", more: { retryAfterSeconds: 1 } } });
  let last: Json = {};
  for (let at = 0; at < 13 && last["code"] === undefined; at++)
    last = await explain().then(
      () => ({}),
      (error: { problem: Json }) => error.problem,
    );
  t.match(last, { code: "JOB_QUOTA_SPENT", status: 429 });
});

t.test("a statement is saved in versions, and run by reference to one", async (t) => {
  const saved = await analyst.post(`/v1/agreements/${agreement}/queries`, {
    title: "各县人数",
    sql: "SELECT count(*) AS n FROM person WHERE county = :county",
  });
  t.match(saved, { newest: 1, version: 1, visibility: "operator", title: "各县人数" });
  const id = String(saved["id"]);
  const second = await analyst.put(`/v1/queries/${id}`, {
    sql: "SELECT county, count(*) AS n FROM person WHERE county = :county GROUP BY county",
  });
  t.match(second, { id, newest: 2, version: 2 });
  t.match(await colleague.get(`/v1/queries/${id}?version=1`), { version: 1, sql: saved["sql"] });
  t.match(await colleague.get(`/v1/queries/${id}`), { version: 2, sql: second["sql"] });
  t.match(await colleague.get(`/v1/agreements/${agreement}/queries`), { items: [{ id, newest: 2 }] });
  const parameters = { county: { type: "VARCHAR", value: "桥西区" } };
  const rowsOf = async (body: Json, by = analyst) => {
    const job = await by.untilEnded(String((await submit(body, by))["id"]));
    t.match(job, { state: "done" });
    return { job, rows: (await by.get(`/v1/jobs/${String(job["id"])}/result`))["rows"] };
  };
  const first = await rowsOf({ query: id, version: 1, parameters });
  t.match(first, { job: { query: { id, version: 1 } }, rows: [["300"]] });
  t.match(await rowsOf({ query: id, parameters }, colleague), { job: { query: { id, version: 2 } }, rows: [["桥西区", "300"]] });
  const trace = await auditor.get(`/v1/audit/trace/${id}`);
  t.match(JSON.stringify(trace), String(first.job["id"]), "the trace leads from the saved statement to the job");
  t.notMatch(JSON.stringify(await eventsOf(id)), /SELECT/);
  const rows = await platform.store.db.selectFrom("saved_query_version").selectAll().execute();
  for (const row of rows) t.notMatch(row.sql_sealed.toString("utf8"), /SELECT/);
  await t.rejects(platform.store.db.updateTable("saved_query_version").set({ sql_hash: "x" }).execute(), "a version is for ever");

  for (const body of [{}, { sql: figures, query: id }, { sql: figures, version: 1 }])
    t.match(await problemOf(submit(body)), { httpStatus: 422, code: "JOB_STATEMENT_MISSING" }, JSON.stringify(body));
  for (const body of [{ query: id, version: 3 }, { query: `qry_${"0".repeat(26)}` }, { query: agreement }])
    t.match(await problemOf(submit(body)), { httpStatus: 404, code: "SAVED_QUERY_NOT_FOUND" }, JSON.stringify(body));
});

t.test("a private statement is its author's, another operator sees none, and only the author saves versions", async (t) => {
  const save = (body: Json, by = analyst) => by.post(`/v1/agreements/${agreement}/queries`, body);
  const mine = String((await save({ title: "草稿", sql: figures, visibility: "author" }))["id"]);
  const shared = String((await save({ title: "共用", sql: figures }))["id"]);
  for (const reader of [colleague, operatorAdmin, other.analyst])
    t.match(await problemOf(reader.get(`/v1/queries/${mine}`)), { httpStatus: 404, code: "SAVED_QUERY_NOT_FOUND" });
  t.notMatch(idsOf(await colleague.get(`/v1/agreements/${agreement}/queries`)), mine);
  t.match(await problemOf(submit({ query: mine }, colleague)), { code: "SAVED_QUERY_NOT_FOUND" });
  t.match(await problemOf(other.analyst.get(`/v1/queries/${shared}`)), { code: "SAVED_QUERY_NOT_FOUND" });
  t.match(await problemOf(other.analyst.get(`/v1/agreements/${agreement}/queries`)), {
    httpStatus: 404,
    code: "AGREEMENT_NOT_FOUND",
  });
  t.match(await problemOf(other.analyst.get("/v1/agreements/agr_x/queries")), {
    httpStatus: 404,
    code: "AGREEMENT_NOT_FOUND",
  });
  t.match(await problemOf(save({ title: "偷用", sql: figures }, other.analyst)), {
    httpStatus: 403,
    code: "JOB_AGREEMENT_NOT_IN_FORCE",
  });
  t.match(await problemOf(colleague.put(`/v1/queries/${shared}`, { sql: figures })), { httpStatus: 404 });
  t.match(await problemOf(operatorAdmin.put(`/v1/queries/${shared}`, { sql: figures })), { httpStatus: 403 });
  t.match(await problemOf(save({ title: "\u200b", sql: figures })), { httpStatus: 422, code: "SAVED_QUERY_TITLE_INVALID" });
  t.match(await problemOf(save({ title: "长", sql: "x".repeat(70_000) })), { httpStatus: 413, code: "JOB_SQL_TOO_LONG" });
  t.match(await problemOf(analyst.put(`/v1/queries/${shared}`, { sql: "x".repeat(70_000) })), { httpStatus: 413 });
  const races = await Promise.allSettled(Array.from({ length: 4 }, () => analyst.put(`/v1/queries/${shared}`, { sql: figures })));
  const won = races.filter(({ status }) => status === "fulfilled").length;
  t.match(await analyst.get(`/v1/queries/${shared}`), { newest: 1 + won }, "each version is one saving, none is lost");
});

t.test("with the agreement's end nothing is saved or run by reference, and what was is still told", async (t) => {
  const id = String((await analyst.post(`/v1/agreements/${agreement}/queries`, { title: "最后", sql: figures }))["id"]);
  const explain = () => analyst.post(`/v1/agreements/${agreement}/explain`, { query: id });
  await officer.post(`/v1/agreements/${agreement}/terminate`, { reason: "协议提前终止，双方同意" });
  t.match(await problemOf(submit({ query: id })), { httpStatus: 403, code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  t.match(await problemOf(analyst.put(`/v1/queries/${id}`, { sql: figures })), { code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  t.match(await problemOf(explain()), { code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  t.match(await analyst.get(`/v1/queries/${id}`), { sql: figures });
  t.ok(idsOf(await analyst.get("/v1/jobs?limit=200")).length > 0);
});

t.test("a day's quota ends with 429 and the seconds to midnight in Shanghai, and begins anew", async (t) => {
  const next = agreementRequest(rig, resource, { scenario: "配额场景" });
  const id = String((await operatorAdmin.post("/v1/agreements", next))["id"]);
  await officer.post(`/v1/agreements/${id}/approve`);
  await officer.post(`/v1/agreements/${id}/activate`);
  clock.set("2026-03-02T15:59:30.000Z");
  const analystAtNight = await rig.signIn("analyst");
  const run = () => analystAtNight.send("POST", `/v1/agreements/${id}/jobs`, '{"sql":"SELECT 1 AS x"}', "application/json");
  let refused: unknown;
  for (let at = 0; at < 41 && refused === undefined; at++)
    await run().then(
      async (response) => analystAtNight.untilEnded(String(((await response.json()) as Json)["id"])),
      (error: unknown) => {
        refused = error;
      },
    );
  t.match(refused, { status: 429, problem: { code: "JOB_QUOTA_SPENT", more: { retryAfterSeconds: 30 } }, retryAfter: "30" });
  const { n } = await platform.store.db
    .selectFrom("job")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .executeTakeFirstOrThrow();
  t.equal(n, "40", "no more, and no fewer");
  clock.set("2026-03-02T16:00:00.000Z");
  t.equal((await run()).status, 202);
});
