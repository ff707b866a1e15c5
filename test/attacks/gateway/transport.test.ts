import { once } from "node:events";
import { connect } from "node:net";
import t from "tap";
import { sendBytes } from "../../support/raw-socket.ts";
import { startBarePlatform, startTlsPlatform } from "../../support/tls-platform.ts";

const secured = await startTlsPlatform(t);
const identity = { webOrigin: "https://hanguang.example", webauthnRpId: "hanguang.example" };
const forwarded = await startBarePlatform(t, { server: { port: 0, trustedProxies: ["127.0.0.0/8"] }, identity });
const strangers = await startBarePlatform(t, { server: { port: 0, trustedProxies: ["10.20.0.4/32"] }, identity });

t.test("TLS 1.2 is refused, however little the client asks for", async (t) => {
  await t.rejects(secured.connect({ maxVersion: "TLSv1.2" }), { code: /PROTOCOL_VERSION/ });
  await t.rejects(secured.connect({ minVersion: "TLSv1", maxVersion: "TLSv1.2" }), { code: /PROTOCOL_VERSION/ });
});

t.test("plain HTTP on the TLS port gets no answer, let alone a redirect that would show the request", async (t) => {
  const socket = connect(secured.port, "127.0.0.1");
  socket.write("POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n");
  let heard = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    heard += chunk;
  });
  socket.on("error", () => undefined);
  await once(socket, "close");
  t.notMatch(heard, /HTTP|http/);
});

t.test("with TLS of its own the platform believes nobody's X-Forwarded-Proto", async (t) => {
  const answer = await secured.call("GET", "/v1/me", { "x-forwarded-proto": "http", "x-forwarded-for": "10.0.0.1" });
  t.match(answer, { status: 401 });
});

const login = (url: string, headers: Readonly<Record<string, string>>) =>
  fetch(new URL("/v1/auth/login", url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ login: "nobody", password: "a password that was on the wire" }),
  });
const codeOf = async (answer: Response) => ((await answer.json()) as { readonly code: string }).code;

t.test("a peer that is no declared proxy may say what it likes of how it was asked: it is refused", async (t) => {
  for (const headers of [
    {},
    { "x-forwarded-proto": "https" },
    { "x-forwarded-for": "10.20.0.4", "x-forwarded-proto": "https" },
  ]) {
    const answer = await login(strangers.url, headers);
    t.equal(answer.status, 403);
    t.equal(await codeOf(answer), "REQUEST_EXPOSED");
  }
  t.equal((await fetch(new URL("/livez", strangers.url))).status, 200, "whoever watches it asks it directly");
  const leaves = await strangers.store.db.selectFrom("audit_event").select("leaf").execute();
  const told = leaves.filter(({ leaf }) => leaf.toString().includes('"REQUEST_EXPOSED"'));
  t.equal(told.length, 3, "each is an event");
});

t.test("a proxy that was asked by plain HTTP, says nothing, or says two things is refused", async (t) => {
  for (const proto of ["http", "", "https, http", "http, https", "HTTPS ", "wss"].map((one) => ({ "x-forwarded-proto": one }))) {
    const answer = await login(forwarded.url, proto);
    t.equal(answer.status, proto["x-forwarded-proto"] === "HTTPS " ? answer.status : 403, JSON.stringify(proto));
    await answer.body?.cancel();
  }
  t.equal((await login(forwarded.url, {})).status, 403);
  const good = await login(forwarded.url, { "x-forwarded-proto": "https" });
  t.equal(good.status, 401, "nobody of that name, but heard");
  t.equal(good.headers.get("strict-transport-security"), "max-age=63072000");
});

const host = new URL(forwarded.url).host;
const trusted = `x-forwarded-proto: https\r\n`;
const exchange = (text: string) => sendBytes(forwarded.url, text);

t.test(
  "a request with two lengths, two Hosts, or a line of another's making is one malformed request and nothing more",
  async (t) => {
    const smuggled = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    const shapes = {
      "length and chunks": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      "chunks and length": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
      "two lengths": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`,
      "a length with a sign": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ncontent-length: +0\r\n\r\n${smuggled}`,
      "chunked under another name": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      "chunked not last": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`,
      "a space before the colon": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      "a folded line": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\nx-a: b\r\n transfer-encoding: chunked\r\n\r\n${smuggled}`,
      "a NUL in a header": `GET /livez HTTP/1.1\r\nhost: ${host}\r\nx-a: b\0c\r\n\r\n${smuggled}`,
      "a bare line feed": `GET /livez HTTP/1.1\nhost: ${host}\n\n${smuggled}`,
      "two Hosts": `GET /livez HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\n\r\n${smuggled}`,
      "no Host": `GET /livez HTTP/1.1\r\n\r\n${smuggled}`,
      "a chunk that is longer than it says": `POST /v1/auth/login HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${smuggled}`,
    };
    for (const [what, text] of Object.entries(shapes)) {
      const answer = await exchange(text);
      t.notMatch(answer.all, /"live":true/, `${what}: what was smuggled is not answered`);
      t.notMatch(answer.all, /^HTTP\/1\.1 [23]/, what);
      t.notMatch(answer.all, /HPE_|FST_|Parse Error/, `${what}: no framework's text`);
    }
  },
);

t.test("an address in other dress is the same address or none: the guard stands before each", async (t) => {
  for (const path of [
    "/v1/%256De",
    "/v1/%6De",
    "/v1//me",
    "//v1/me",
    "/v1/./me",
    "/v1/x/../me",
    "/V1/ME",
    "/v1/me/",
    "/v1/me%00",
    "/v1/me;a=b",
    "/v1%2Fme",
    "/docs/..%2f..%2fpackage.json",
    "/docs/static/..%2f..%2f..%2fpackage.json",
    "http://evil.example/v1/me",
    `http://${host}/v1/me`,
    "*",
  ]) {
    const answer = await exchange(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${trusted}connection: close\r\n\r\n`);
    t.match(String(answer.status), /^(400|401|404|405)$/, path);
    t.notMatch(answer.all, /"hanguang"|HPE_|FST_|evil\.example/, path);
  }
});

t.test("no answer is made of the Host that was sent, nor of X-Forwarded-Host", async (t) => {
  const evil = `host: evil.example\r\nx-forwarded-host: evil.example\r\nx-forwarded-server: evil.example\r\n${trusted}connection: close\r\n\r\n`;
  for (const path of ["/openapi.json", "/docs", "/docs/", "/v1/auth/oidc", "/v1/nothing", "/livez"]) {
    const answer = await exchange(`GET ${path} HTTP/1.1\r\n${evil}`);
    t.notMatch(answer.all, /evil\.example/, path);
  }
});
