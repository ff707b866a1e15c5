import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { sql } from "kysely";
import t from "tap";
import { captureLog, formsOf, linesWith, makeMarker } from "../../support/captured-log.ts";
import { csvStream, prepareAgreement, problemOf, startTestPlatform } from "../../support/platform.ts";

const log = captureLog();
// Every other level writes fewer of the same lines.
const fixture = await startTestPlatform(t, { log: { level: "debug" } }, { logTo: log.target });
const { platform, url, analyst, steward, operatorAdmin } = fixture;
const { resource, agreement } = await prepareAgreement(fixture);

const markers: string[] = [];
const mark = (): string => {
  const marker = makeMarker();
  markers.push(marker);
  return marker;
};

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** As any client might send it; unlike fetch it takes every header. Gives the status. */
function send(method: string, path: string, headers: Headers = {}, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      new URL(url),
      { method, path, headers: headers as Record<string, string>, agent: false },
      (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.once("error", reject).end(body);
  });
}

const json = { "content-type": "application/json" };
const as = ({ token }: { readonly token: string }, headers: Headers = {}): Headers => ({
  authorization: `Bearer ${token}`,
  ...headers,
});

/** The lines of the log once the answers of before have theirs. */
async function settled(): Promise<readonly string[]> {
  const last = (await fetch(new URL("/livez", url))).headers.get("x-request-id");
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
    if (log.lines.some((line) => line.includes(String(last)))) return log.lines;
  throw new Error("the last request has no line");
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const claims = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

t.test("the scan finds a marker in every form it looks for", async (t) => {
  const marker = makeMarker();
  const texts = [
    marker,
    marker.toLowerCase(),
    Buffer.from(`{"a":"${marker}"}`).toString("base64"),
    Buffer.from(`{"ab":"${marker}"}`).toString("base64"),
    Buffer.from(`{"abc":"${marker}"}`).toString("base64url"),
    Buffer.from(`x${marker}y`).toString("hex"),
    Array.from(Buffer.from(marker), (byte) => `%${byte.toString(16).toUpperCase()}`).join(""),
  ];
  for (const text of texts) t.strictSame(linesWith([`{"msg":"${text}"}`], [marker]).length, 1, text);
  t.strictSame(linesWith(['{"msg":"nothing"}'], [marker]), []);
  t.ok(formsOf(marker).every((form) => form.length > 12));
});

t.test("credentials, wherever they are put, are in no line", async (t) => {
  const before = log.lines.length;
  const statuses = [
    await send("GET", "/v1/me", { authorization: `Bearer ${mark()}` }),
    await send("GET", "/v1/me", { authorization: `Bearer hgk_${mark()}` }),
    await send("GET", "/v1/me", { authorization: basic(`root:${mark()}`) }),
    await send("GET", "/v1/me", {
      authorization: `Bearer ${claims({ alg: "EdDSA", kid: mark() })}.${claims({ iss: mark() })}.${mark()}`,
    }),
    await send("GET", "/v1/me", { cookie: `__Host-hanguang=${mark()}; hanguang-refresh=${mark()}` }),
    await send("POST", "/v1/auth/login", json, JSON.stringify({ login: mark(), password: mark() })),
    await send("POST", "/v1/auth/login", json, JSON.stringify({ login: analyst.login, password: mark() })),
    await send("POST", "/v1/auth/login", json, `{"login":"x","password":"${mark()}`),
    await send("POST", "/v1/auth/login", json, JSON.stringify({ login: "x", password: mark(), [mark()]: mark() })),
    await send("POST", "/v1/auth/login", { "content-type": "text/plain" }, mark()),
    await send("POST", "/v1/auth/second-factor", json, JSON.stringify({ ticket: mark(), recoveryCode: mark() })),
    await send("POST", "/v1/auth/refresh", json, JSON.stringify({ refreshToken: mark() })),
    await send(
      "POST",
      "/v1/auth/refresh",
      { ...json, origin: `https://${mark()}.example`, cookie: `hanguang-refresh=${mark()}` },
      '{"browser":true}',
    ),
    await send("POST", "/v1/auth/reauthenticate", as(analyst, json), JSON.stringify({ password: mark() })),
    await send("POST", "/v1/auth/reauthenticate", as(analyst, json), JSON.stringify({ totp: mark() })),
    await send("POST", "/v1/me/password", as(analyst, json), JSON.stringify({ password: mark(), newPassword: mark() })),
    await send("POST", "/v1/setup", json, JSON.stringify({ code: mark(), organisation: mark(), accounts: [] })),
    await send("POST", "/v1/downloads", as(analyst, json), JSON.stringify({ token: mark() })),
  ];
  t.ok(
    statuses.every((status) => status >= 400 && status < 500),
    String(statuses),
  );
  const lines = await settled();
  t.ok(lines.length >= before + statuses.length, "each has its line");
  t.strictSame(linesWith(lines, markers), []);
});

t.test("statements, values, addresses and headers are in no line", async (t) => {
  const jobs = `/v1/agreements/${agreement}/jobs`;
  const submit = (body: object) => analyst.post(jobs, body).then(({ id }) => analyst.untilEnded(String(id)));
  await submit({ sql: `SELECT count(*) AS ${mark()} FROM person WHERE county = '${mark()}'` });
  await submit({ sql: "SELECT count(*) FROM person WHERE county = :county", parameters: { county: mark() } }).catch(
    () => undefined,
  );
  await submit({ sql: `SELECT '${mark()}' FROM` }).catch(() => undefined);
  await problemOf(analyst.post(`/v1/agreements/${agreement}/explain`, { sql: `SELECT ${mark()} FROM person` })).catch(
    () => undefined,
  );
  const csv = (row: string) => csvStream(`id_card,county,birth_date,income\n${row}\n`);
  await problemOf(steward.upload(`/v1/resources/${resource}/data`, csv(`${mark()},桥西区,1950-01-15,${mark()}`)));
  await problemOf(operatorAdmin.post("/v1/agreements", { scenario: mark() }));
  const statuses = [
    await send("POST", jobs, as(analyst, { ...json, "idempotency-key": mark() }), JSON.stringify({ sql: mark() })),
    await send(
      "POST",
      jobs,
      as(analyst, { ...json, "idempotency-key": `\t${mark()}` }),
      JSON.stringify({ sql: mark(), sqll: mark() }),
    ),
    await send("POST", jobs, as(analyst, json), `{"sql":"SELECT '${mark()}'"`),
    await send("POST", jobs, as(analyst, json), JSON.stringify({ sql: `SELECT '\u0000${mark()}'`, labels: [mark()] })),
    await send("GET", `/v1/jobs/${mark()}`, as(analyst)),
    await send("GET", `/v1/jobs/${encodeURIComponent(`'${mark()}\u0000`)}`, as(analyst)),
    await send("GET", `/v1/jobs?${mark()}=${mark()}`, as(analyst)),
    await send("GET", `/v1/jobs?cursor=${Buffer.from(mark()).toString("base64url")}`, as(analyst)),
    await send("GET", `/${mark()}?password=${mark()}`),
    await send("GET", `/v1/jobs/%${mark()}`, as(analyst)),
    await send("GET", `/v1/jobs/${mark().repeat(20)}`, as(analyst)),
    await send("PUT", `/v1/agreements/${agreement}`, as(operatorAdmin, { ...json, "if-match": `"${mark()}"` }), "{}"),
    await send(
      "POST",
      `/v1/resources/${resource}/uploads`,
      as(steward, {
        "tus-resumable": "1.0.0",
        "upload-length": "10",
        "upload-metadata": `filename ${Buffer.from(mark()).toString("base64")},filetype ${Buffer.from(mark()).toString("base64")}`,
      }),
    ),
    await send("POST", `/v1/resources/${resource}/uploads`, as(steward, { "tus-resumable": mark(), "upload-length": mark() })),
    await send(
      "GET",
      "/v1/me",
      as(analyst, {
        "user-agent": mark(),
        referer: mark(),
        "x-request-id": mark(),
        "x-forwarded-for": mark(),
        forwarded: `for=${mark()}`,
      }),
    ),
    await send("GET", "/livez", { host: `${mark()}.example` }),
    await send(
      "POST",
      "/v1/auth/login",
      { ...json, "content-encoding": mark() },
      JSON.stringify({ login: mark(), password: mark() }),
    ),
    await send(mark().slice(0, 1) === "Z" ? "PROPFIND" : "GET", `/v1/${mark()}`),
  ];
  t.ok(
    statuses.every((status) => status < 600),
    String(statuses),
  );
  t.strictSame(linesWith(await settled(), markers), []);
});

t.test("what PostgreSQL says of a value that it refuses is in no line", async (t) => {
  const { db } = platform.store;
  const failing = [
    sql`SELECT ${mark()}::text::integer`,
    sql.raw(`SELECT '${mark()}'::date`),
    sql`SELECT * FROM pg_catalog.pg_class WHERE relname = ${mark()} AND 1 / (length(${mark()}) - 21) > 0`,
    sql.raw(`DO $$ BEGIN RAISE EXCEPTION '${mark()}' USING DETAIL = '${mark()}'; END $$`),
    sql.raw(`DO $$ BEGIN RAISE WARNING '${mark()}'; END $$`),
  ];
  const failed = await Promise.allSettled(failing.map((statement) => statement.execute(db)));
  t.ok(failed.filter(({ status }) => status === "rejected").length >= 3);
  t.strictSame(linesWith(await settled(), markers), []);
});

t.test("no header begins a line of its own, and no sender names a request", async (t) => {
  const planted = '{"level":60,"msg":"planted"}';
  const raw = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      let heard = "";
      const socket = connect(Number(port), hostname, () => socket.end(text));
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        heard += chunk;
      });
      socket.once("error", () => undefined).once("close", () => resolve(heard));
    });
  await raw(`GET /livez?\n${planted} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\n${planted}\r\n\r\n`);
  await raw(`GET /livez HTTP/1.1\r\nHost: x\r\nUser-Agent: a\r\n ${planted}\r\n\r\n`);
  await raw(`${planted} / HTTP/1.1\r\n\r\n`);
  const answer = await fetch(new URL(`/%0d%0a${encodeURIComponent(planted)}`, url), { headers: { "x-request-id": "req_mine" } });
  t.match(answer.headers.get("x-request-id"), /^req_[0-9a-z]{26}$/);
  t.equal(((await answer.json()) as { request: string }).request, answer.headers.get("x-request-id"));
  const lines = await settled();
  t.notOk(lines.some((line) => line.includes("planted") || line.includes("req_mine")));
  t.ok(lines.every((line) => line.endsWith("\n") && line.indexOf("\n") === line.length - 1));
});

t.test("a line tells what happened: who, where, how long, how much", async (t) => {
  await settled();
  const from = log.lines.length;
  const { headers } = await fetch(new URL(`/v1/agreements/${agreement}`, url), {
    headers: { authorization: `Bearer ${analyst.token}` },
  });
  await settled();
  const line = log
    .parsed()
    .slice(from)
    .find(({ reqId }) => reqId === headers.get("x-request-id"));
  const { ms, bytes, actor, ...rest } = line as Record<string, unknown>;
  t.match(rest, {
    level: 30,
    method: "GET",
    route: "/v1/agreements/:id",
    status: 200,
    by: "session",
    address: "127.0.0.1",
    msg: "request",
  });
  t.match(actor, /^usr_/);
  t.ok(Number(ms) >= 0 && Number(bytes) > 200, JSON.stringify(line));
});
