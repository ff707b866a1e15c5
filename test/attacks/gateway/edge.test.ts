import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { brotliDecompressSync, gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import t from "tap";
import { chooseCoding } from "../../../src/gateway/packed-answers.ts";
import { startTestPlatform } from "../../support/platform.ts";

const page = "https://pages.example";
const settings = { server: { corsOrigins: [page], requestTimeoutMs: 1000 } };
const { url, analyst, steward } = await startTestPlatform(t, settings);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(new URL(path, url), { method, headers, agent: false }, (answer) => {
      const heard: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => heard.push(chunk));
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(heard) }));
    });
    sent.once("error", reject).end(body);
  });
}

const preflight = (path: string, origin: string, method = "GET") =>
  send("OPTIONS", path, { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" });
const corsOf = ({ headers }: Answer) => Object.keys(headers).filter((name) => name.startsWith("access-control-allow"));

t.test("a page of a listed origin may ask, without credentials", async (t) => {
  const asked = await preflight("/v1/jobs/job_x", page);
  t.equal(asked.status, 204);
  t.equal(asked.headers["access-control-allow-origin"], page);
  t.match(asked.headers["access-control-allow-methods"], /GET.*DELETE|DELETE.*GET/);
  t.match(asked.headers["access-control-allow-headers"], /authorization/);
  t.match(asked.headers["vary"], /origin/i);
  t.equal(asked.headers["access-control-allow-credentials"], undefined);
  const got = await send("GET", "/v1/me", { origin: page, authorization: `Bearer ${analyst.token}` });
  t.match(got, { status: 200, headers: { "access-control-allow-origin": page } });
  t.equal(got.headers["access-control-allow-credentials"], undefined);
  const refused = await send("GET", "/v1/me", { origin: page });
  t.match(refused, { status: 401, headers: { "access-control-allow-origin": page } }, "it may read why not");
  t.match(
    (await preflight("/v1/uploads", page)).headers,
    { "access-control-allow-origin": page },
    "where OPTIONS has a meaning of its own",
  );
});

t.test("no other origin may, however like a listed one", async (t) => {
  const others = [
    "null",
    "*",
    "https://pages.example.evil.example",
    "https://evil-pages.example",
    "https://evilpages.example",
    "https://sub.pages.example",
    "http://pages.example",
    "https://pages.example:8443",
    "https://PAGES.example",
    "https://pages.example/",
    "https://pages.example, https://evil.example",
    "https://user@pages.example",
  ];
  for (const origin of others) {
    t.strictSame(corsOf(await preflight("/v1/jobs", origin)), [], origin);
    const got = await send("GET", "/v1/me", { origin, authorization: `Bearer ${analyst.token}` });
    t.strictSame(corsOf(got), [], origin);
    t.match(got.headers["vary"], /origin/i, "a cache keeps the answers apart");
  }
});

t.test("what has to do with cookies and credentials is for the platform's own pages", async (t) => {
  for (const path of [
    "/v1/auth/login",
    "/v1/auth/refresh",
    "/v1/auth/%72efresh",
    "/v1/me/factors",
    "/v1/me/password",
    "/v1/setup",
    "/docs",
    "/livez",
    "/metrics",
  ]) {
    t.strictSame(corsOf(await preflight(path, page, "POST")), [], path);
    t.strictSame(corsOf(await send("POST", path, { origin: page, "content-type": "application/json" }, "{}")), [], path);
  }
});

t.test("an answer is packed as its client can unpack it, where nothing in it is secret", async (t) => {
  const plain = await send("GET", "/openapi.json");
  t.equal(plain.headers["content-encoding"], undefined);
  t.match(plain.headers["vary"], /accept-encoding/);
  const unpack = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
  for (const coding of ["zstd", "br", "gzip"] as const) {
    const packed = await send("GET", "/openapi.json", { "accept-encoding": coding });
    t.equal(packed.headers["content-encoding"], coding);
    t.equal(Number(packed.headers["content-length"]), packed.body.length);
    t.ok(packed.body.length * 3 < plain.body.length, coding);
    t.ok(unpack[coding](packed.body).equals(plain.body), coding);
  }
  const everything = { "accept-encoding": "gzip, br, zstd" };
  t.match((await send("GET", "/docs/swagger-ui-bundle.js", everything)).headers, { "content-encoding": "zstd" });
  t.equal((await send("HEAD", "/openapi.json", everything)).body.length, 0);
  const token = { ...everything, authorization: `Bearer ${analyst.token}` };
  for (const path of ["/v1/me", "/v1/jobs", "/v1/sessions", "/readyz", "/nothing"])
    t.equal((await send("GET", path, token)).headers["content-encoding"], undefined, path);
  const login = JSON.stringify({ login: "x".repeat(100), password: "y".repeat(1000) });
  t.equal(
    (await send("POST", "/v1/auth/login", { ...everything, "content-type": "application/json" }, login)).headers[
      "content-encoding"
    ],
    undefined,
  );
});

t.test("Accept-Encoding is read as RFC 9110 says", async (t) => {
  const wanted: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["GZIP;Q=0.5, br;q=0.4", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["*", "zstd"],
    ["*;q=0", undefined],
    ["zstd;q=0, *;q=0.1", "br"],
    ["identity", undefined],
    ["identity;q=1, gzip;q=0.5", undefined],
    ["gzip;q=2", undefined],
    ["deflate", undefined],
    [",;,;q", undefined],
  ];
  for (const [header, coding] of wanted) t.equal(chooseCoding(header), coding, String(header));
});

t.test("what is packed is not unpacked: a bomb is bytes of the wrong kind", async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const packed = { "content-encoding": "gzip" };
  const json = { "content-type": "application/json" };
  t.equal((await send("POST", "/v1/auth/login", { ...json, ...packed }, bomb)).status, 415);
  t.equal(
    (await send("POST", "/v1/exports", { ...json, ...packed, authorization: `Bearer ${analyst.token}` }, bomb)).status,
    415,
  );
  for (const coding of ["br", "identity, gzip", "x"])
    t.equal((await send("POST", "/v1/auth/login", { ...json, "content-encoding": coding }, "{}")).status, 415, coding);
  t.equal((await send("POST", "/v1/auth/login", { ...json, "content-encoding": "identity" }, "{}")).status, 400);
  const csv = { "content-type": "text/csv", ...packed, authorization: `Bearer ${steward.token}` };
  t.equal((await send("PUT", "/v1/resources/res_x/data", csv, bomb)).status, 415);
});

t.test("a body that trickles in ends with its connection", async (t) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.write("POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
  const drip = setInterval(() => socket.write(" "), 200);
  socket.resume();
  await ended;
  clearInterval(drip);
  t.pass("it did not wait for the last byte");
});
