import t from "tap";
import {
  agreementRequest,
  csvStream,
  peopleCsv,
  prepareAgreement,
  problemOf,
  runToEnd,
  startTestPlatform,
} from "../support/platform.ts";

const fixture = await startTestPlatform(t);
const { steward, analyst, operatorAdmin, reviewers, clock } = fixture;
const { resource, agreement } = await prepareAgreement(fixture);
const upload = (body: string | Uint8Array) => steward.upload(`/v1/resources/${resource}/data`, csvStream(body));
const versions = async () => ((await steward.get(`/v1/resources/${resource}`))["versions"] as readonly unknown[]).length;

t.test("a malformed file is refused with line, column and reason, and nothing is kept", async (t) => {
  const before = await versions();
  const good = peopleCsv();
  const problem = await problemOf(upload(good.replace("1951-01-15", "1951-13-15")));
  t.match(problem, { httpStatus: 422, code: "CATALOG_FILE_VALUE", more: { line: 3, column: "birth_date", reason: String } });
  t.match(await problemOf(upload("id_card,county\nA,B\n")), { httpStatus: 422, code: "CATALOG_FILE_HEADER" });
  t.match(await problemOf(upload(`${good}P00001,桥西区,1950-01-15,1\n`)), { httpStatus: 422, code: "CATALOG_FILE_NOT_UNIQUE" });
  t.match(await problemOf(upload(`${good}P99999,桥西区,1950-01-15,1,extra\n`)), { httpStatus: 422, more: { line: 602 } });
  t.match(await problemOf(upload("")), { httpStatus: 422, code: /^CATALOG_FILE_/ });
  t.equal(await versions(), before);
});

t.test("a statement that is refused needs no database: none is made for it", async (t) => {
  const provisions = () => fixture.platform.store.db.selectFrom("provision").select("id").execute();
  t.match(await runToEnd(fixture, agreement, "SELECT nothing FROM person"), { state: "refused", answer: { at: { line: 1 } } });
  t.strictSame(await provisions(), []);
  t.match(await runToEnd(fixture, agreement, "SELECT count(*) AS n FROM person"), { state: "done" });
  t.equal((await provisions()).length, 1);
});

t.test("GBK bytes in a file declared UTF-8 are told, with the line", async (t) => {
  const gbk = Buffer.concat([
    Buffer.from("id_card,county,birth_date,income\nP1,"),
    Buffer.from([0xc7, 0xc5, 0xce, 0xf7]),
    Buffer.from(",1950-01-15,1\n"),
  ]);
  t.match(await problemOf(upload(gbk)), { httpStatus: 422, code: "CATALOG_FILE_ENCODING", more: { line: 2, reason: /GB/ } });
});

t.test("a megabyte of SQL is refused before anything parses it", async (t) => {
  const submit = (sql: string) => analyst.post(`/v1/agreements/${agreement}/jobs`, { sql });
  t.match(await problemOf(submit(`SELECT count(*) FROM person -- ${"x".repeat(1_048_576)}`)), {
    httpStatus: 413,
    code: "REQUEST_TOO_LARGE",
  });
  t.match(await problemOf(submit(`SELECT count(*) FROM person -- ${"x".repeat(600_000)}`)), {
    httpStatus: 413,
    code: "JOB_SQL_TOO_LONG",
    more: { limit: 65_536 },
  });
});

t.test("ten thousand parentheses are one refused statement, and the next one runs", async (t) => {
  const deep = `SELECT ${"(".repeat(10_000)}1${")".repeat(10_000)}`;
  t.match(await runToEnd(fixture, agreement, deep), { state: "refused", answer: { code: "QUERY_TOO_DEEP" } });
  t.match(await runToEnd(fixture, agreement, "SELECT county, count(*) AS n FROM person GROUP BY county"), { state: "done" });
});

t.test("an unknown table, an unknown column and one out of scope are one answer", async (t) => {
  const answerOf = async (sql: string) => {
    const job = await runToEnd(fixture, agreement, sql);
    t.equal(job["state"], "refused", sql);
    const { code, rule, instead } = job["answer"] as Readonly<Record<string, unknown>>;
    return { code, rule, instead };
  };
  const unknown = await answerOf("SELECT count(*) FROM nothing");
  t.strictSame(await answerOf("SELECT count(*) FROM enterprise"), unknown);
  t.strictSame(await answerOf("SELECT count(*) FROM pg_catalog.pg_class"), unknown);
  t.strictSame(await answerOf("SELECT count(nonsense) FROM person"), unknown);
});

t.test("three years and a day is refused with its article; three years is not", async (t) => {
  const draft = (endsOn: string) =>
    operatorAdmin.post(
      "/v1/agreements",
      agreementRequest(fixture, resource, { startsOn: "2026-01-01", endsOn, scenario: `期限 ${endsOn}` }),
    );
  t.match(await problemOf(draft("2029-01-02")), { httpStatus: 422, code: "AGREEMENT_TERM_TOO_LONG", article: "17" });
  t.match(await draft("2029-01-01"), { state: "draft" });
});

t.test("bodies that are not JSON, or hold unknown fields, are told where", async (t) => {
  const send = (body: string, type = "application/json") => problemOf(steward.send("POST", "/v1/families", body, type));
  t.match(await send("{"), { httpStatus: 400, code: "REQUEST_INVALID" });
  t.match(await send('{"title":"a","admin":true}'), { httpStatus: 400, code: "REQUEST_INVALID", more: { in: "body" } });
  t.match(await send('{"title":7}'), { httpStatus: 400, more: { at: "/title" } });
  t.match(await send("title=a", "application/x-www-form-urlencoded"), { httpStatus: 415, code: "REQUEST_MEDIA_TYPE" });
  t.match(await problemOf(steward.send("PUT", `/v1/resources/${resource}/data`, "{}", "application/json")), { httpStatus: 415 });
});

t.test("nobody of the operator can become a reviewer, and a reviewer sees no other agency's exports", async (t) => {
  const accounts = (await operatorAdmin.get("/v1/users"))["items"] as readonly { readonly id: string; readonly login: string }[];
  const analystId = accounts.find(({ login }) => login === "analyst")?.id ?? "";
  t.match(await problemOf(operatorAdmin.put(`/v1/users/${analystId}/roles`, { roles: ["reviewer"] })), {
    httpStatus: 403,
    code: "ACCESS_DENIED",
  });
  t.match(await problemOf(reviewers[0].get("/v1/exports/exp_00000000000000000000000000")), {
    httpStatus: 404,
    code: "EXPORT_NOT_FOUND",
  });
});

t.test("nothing runs after the end of the term, to the millisecond, and no result is shown", async (t) => {
  const job = await runToEnd(fixture, agreement, "SELECT count(*) AS n FROM person");
  t.equal(job["state"], "done");
  clock.set("2026-12-31T15:59:59.999Z");
  // The clock moved nine months: everybody signs in again.
  const fresh = await fixture.signIn("analyst");
  t.match(await fresh.post(`/v1/agreements/${agreement}/jobs`, { sql: "SELECT count(*) AS n FROM person" }), {
    state: /queued|running|done/,
  });
  clock.set("2026-12-31T16:00:00.000Z");
  t.match(await problemOf(fresh.post(`/v1/agreements/${agreement}/jobs`, { sql: "SELECT 1" })), {
    httpStatus: 403,
    code: "JOB_AGREEMENT_NOT_IN_FORCE",
    article: "18",
  });
  t.match(await problemOf(fresh.get(`/v1/jobs/${String(job["id"])}/result`)), {
    httpStatus: 403,
    code: "EXPORT_AGREEMENT_NOT_IN_FORCE",
    article: "36",
  });
});
