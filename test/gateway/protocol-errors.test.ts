import { once } from "node:events";
import { connect } from "node:net";
import t from "tap";
import { startTestPlatform } from "../support/platform.ts";
import { type RawExchange, sendBytes } from "../support/raw-socket.ts";

const { url, analyst, steward, platform } = await startTestPlatform(t);
const host = new URL(url).host;

const problem = ({ body, head }: RawExchange) => {
  if (!/content-type: application\/problem\+json/i.test(head)) throw new Error(`no problem: ${head}`);
  return JSON.parse(body) as Readonly<Record<string, unknown>>;
};
const request = (line: string, headers: readonly string[] = [], body = "") =>
  `${line} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${headers.map((one) => `${one}\r\n`).join("")}\r\n${body}`;

t.test("what is no request is told so, as a problem, and the connection ends", async (t) => {
  for (const bytes of [
    "nonsense\r\n\r\n",
    "GET /livez HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00",
  ]) {
    const answer = await sendBytes(url, bytes);
    t.match(problem(answer), { status: 400, code: "REQUEST_MALFORMED", type: "urn:hanguang:problem:request_malformed" }, bytes);
    t.match(answer.head, /x-content-type-options: nosniff/);
    t.match(answer.head, /connection: close/);
  }
});

t.test("a request of another form is told what would be taken", async (t) => {
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const headers = {
      authorization: analyst.authorization(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    return (await fetch(new URL(path, url), init)).json();
  };
  t.match(await ask("/v1/jobs/job_01m892gcvcg7nh37yvbj21z11v/result?format=xls"), {
    code: "REQUEST_INVALID",
    more: { in: "querystring", at: "/format", problem: 'must be "json" or "csv" or "parquet" or "arrow"' },
  });
  t.match(await ask("/v1/auth/login", { login: "a", password: "b", pasword: "c" }), {
    more: { in: "body", at: "/", problem: 'has no member "pasword"' },
  });
  t.match(await ask("/v1/auth/login", { login: "a", password: "b", ["n".repeat(500)]: 1 }), {
    more: { problem: `has no member "${"n".repeat(60)}"` },
  });
  t.match(await ask("/v1/auth/login", { login: "a" }), { more: { at: "/", problem: /required property 'password'/ } });
});

t.test("headers beyond the limit are 431", async (t) => {
  t.match(problem(await sendBytes(url, request("GET /livez", [`x-long: ${"x".repeat(20_000)}`]))), {
    status: 431,
    code: "REQUEST_HEADERS_TOO_LARGE",
  });
});

t.test("an address that is none gives our problem, not the framework's", async (t) => {
  for (const path of ["/v1/jobs/%ED%A0%80", "/v1/jobs/%", "/%", "/v1/nothing", `/v1/jobs/${"x".repeat(200)}`]) {
    const answer = await sendBytes(url, request(`GET ${path}`, [`authorization: ${analyst.authorization()}`]));
    t.match(problem(answer), { status: 404, code: "NOT_FOUND" }, path);
    t.match(answer.head, /cache-control: no-store/, path);
    t.notMatch(answer.all, /FST_|Bad Request|not a valid url/, path);
  }
});

t.test("a known address by another method is 405 and says by which it is known", async (t) => {
  const ask = async (method: string, path: string) => {
    const answer = await fetch(new URL(path, url), { method });
    return { allow: answer.headers.get("allow"), problem: (await answer.json()) as object };
  };
  const refused = { status: 405, code: "METHOD_NOT_ALLOWED" };
  t.match(await ask("DELETE", "/livez"), { allow: "GET, HEAD", problem: refused });
  t.match(await ask("PATCH", "/v1/jobs/job_x"), { allow: "DELETE, GET, HEAD", problem: refused });
  t.match(await ask("PUT", "/v1/resources/proposals"), { allow: "POST", problem: refused });
  t.match(await ask("OPTIONS", "/v1/auth/login"), { allow: "POST", problem: refused });
  t.match(
    problem(await sendBytes(url, request("PATCH /v1/j%6Fbs/job_x?a=%2F"))),
    { status: 405 },
    "an address is what the router makes of it",
  );
  t.match(await ask("DELETE", "/v1/nothing"), { allow: null, problem: { status: 404, code: "NOT_FOUND" } });
  for (const method of ["PROPFIND", "QUERY", "TRACE"])
    t.equal((await sendBytes(url, request(`${method} /livez`))).status, 405, method);
  t.equal((await fetch(new URL("/livez", url), { method: "HEAD" })).status, 200, "HEAD goes where GET goes");
});

t.test("a body of another kind or size, and an unknown expectation, are problems of ours", async (t) => {
  const post = (headers: readonly string[], body = "") => sendBytes(url, request("POST /v1/auth/login", headers, body));
  t.match(problem(await post(["content-type: text/plain", "content-length: 2"], "hi")), { status: 415 });
  t.match(problem(await post(["content-type: application/json", "content-length: 99999999"])), { status: 413 });
  t.match(problem(await post(["content-type: application/json", "content-length: 1"], "{")), {
    status: 400,
    code: "REQUEST_INVALID",
  });
  t.match(problem(await post(["expect: a miracle", "content-length: 0"])), { status: 417, code: "REQUEST_EXPECTATION" });
});

t.test("a client that waits to be asked for its body is asked once it is admitted, and not before", async (t) => {
  const head = (token: string) => [
    `authorization: Bearer ${token}`,
    "content-type: application/json",
    "expect: 100-continue",
    "content-length: 18",
  ];
  const refused = await sendBytes(url, request("POST /v1/families", head("nonsense")));
  t.equal(refused.status, 401, "no stranger is asked for a gigabyte");
  t.match(refused.head, /connection: close/i);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  socket.write(request("POST /v1/families", head(steward.token)));
  const [first] = (await once(socket, "data")) as [Buffer];
  t.match(first.toString(), /^HTTP\/1\.1 100 /);
  socket.write('{"title":"\u4f4f\u6237"}');
  const [second] = (await once(socket, "data")) as [Buffer];
  t.match(second.toString(), /^HTTP\/1\.1 201 /);
});

t.test("a gateway that closes waits for no silent connection", async (t) => {
  const { hostname, port } = new URL(url);
  const silent = connect(Number(port), hostname);
  const halfSent = connect(Number(port), hostname);
  await Promise.all([once(silent, "connect"), once(halfSent, "connect")]);
  halfSent.write("GET /livez HTTP/1.1\r\nhost:");
  // Both are known to the server once it answered a third that came after them.
  await fetch(new URL("/livez", url));
  const gone = Promise.all([once(silent, "close"), once(halfSent, "close")]);
  // Would wait half a minute, the headers' time, and the test with it.
  await platform.gateway.close();
  await gone;
  t.pass("both were ended by the server");
});
