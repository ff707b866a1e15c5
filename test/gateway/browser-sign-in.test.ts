import { once } from "node:events";
import { createServer } from "node:net";
import t from "tap";
import type { Json } from "../../scripts/demo/api-client.ts";
import { openBrowser } from "../support/browser.ts";
import { startTestPlatform } from "../support/platform.ts";

/** A port that was free a moment ago: origin and cookies are bound to it before the platform starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

const port = await freePort();
const origin = `http://localhost:${port}`;
const { signIn, agency, platform } = await startTestPlatform(t, { server: { port }, identity: { webOrigin: origin } });
const given = "given at first, known to two";
const { id } = await (await signIn("platform-admin")).post("/v1/users", {
  login: "keyholder",
  name: "钥",
  organisation: agency,
  password: given,
});
await (await signIn("security-admin")).put(`/v1/users/${String(id)}/roles`, { roles: ["reviewer"] });
const browser = await openBrowser(t);

/** What a page of the platform does; `post` and `get` stand for its HTTP client, which keeps the access token in memory. */
const pageScript = `
  let token;
  const ask = async (method, path, body) => {
    const headers = { ...(body && { "content-type": "application/json" }), ...(token && { authorization: "Bearer " + token }) };
    const response = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const answer = response.status === 204 ? {} : await response.json();
    if (!response.ok) throw new Error(path + ": " + JSON.stringify(answer));
    if (answer.accessToken) token = answer.accessToken;
    return answer;
  };
  const post = (path, body) => ask("POST", path, body);
  const get = (path) => ask("GET", path);
  const create = async (json) =>
    (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) })).toJSON();
  const assert = async (json) =>
    (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json) })).toJSON();
`;
const page = await (await browser.newContext()).newPage();
const devtools = await page.context().newCDPSession(page);
await devtools.send("WebAuthn.enable");
await devtools.send("WebAuthn.addVirtualAuthenticator", {
  options: {
    protocol: "ctap2",
    transport: "usb",
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  },
});
await page.goto(`${origin}/docs`);
const inPage = async (steps: string): Promise<Json> =>
  (await page.evaluate(`(async () => { ${pageScript} ${steps} })()`)) as Json;

t.test("a real browser enrols a security key, and the login that waited for it is complete", async (t) => {
  const done = await inPage(`
    await post("/v1/auth/login", { login: "keyholder", password: ${JSON.stringify(given)}, browser: true });
    const before = await get("/v1/me");
    await post("/v1/me/password", { password: ${JSON.stringify(given)}, newPassword: "five geese walk home at dusk" });
    const begun = await post("/v1/me/factors", { kind: "webauthn", label: "Schlüssel" });
    const enrolled = await post("/v1/me/factors/" + begun.id + "/confirm", { webauthn: await create(begun.publicKey) });
    return { before: before.limit, codes: enrolled.recoveryCodes.length, after: await get("/v1/me"), cookie: document.cookie };
  `);
  t.match(done, { before: "password-change", codes: 10, after: { roles: ["reviewer"], recent: true } });
  t.equal(done["cookie"], "", "no script reads the refresh token");
  t.match(await page.context().cookies(), [{ name: "hanguang-refresh", httpOnly: true, sameSite: "Strict", path: "/" }]);
});

t.test("a page that was loaded anew goes on by the cookie", async (t) => {
  await page.reload();
  t.match(await inPage(`await post("/v1/auth/refresh", { browser: true }); return get("/v1/me");`), { roles: ["reviewer"] });
});

t.test("a real browser signs in with the key, and shows it again", async (t) => {
  const done = await inPage(`
    const login = await post("/v1/auth/login", { login: "keyholder", password: "five geese walk home at dusk", browser: true });
    await post("/v1/auth/second-factor", { ticket: login.ticket, webauthn: await assert(login.webauthn), browser: true });
    const asked = await post("/v1/auth/reauthenticate/ticket");
    const shown = await post("/v1/auth/reauthenticate", { ticket: asked.ticket, webauthn: await assert(asked.webauthn) });
    const sessions = await get("/v1/sessions");
    return { methods: login.secondFactor, until: shown.recentUntil, session: sessions.items.find(({ current }) => current) };
  `);
  t.match(done, {
    methods: ["webauthn", "recovery-code"],
    until: /Z$/,
    session: { factors: ["password", "webauthn"], browser: true, userAgent: /Chrome/ },
  });
});

t.test("a page elsewhere cannot use the browser's session, nor its key", async (t) => {
  // Another host to a browser, though the same program answers.
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(new URL("/docs", `http://127.0.0.1:${port}`).href);
  const tried = (await elsewhere.evaluate(`(async () => {
    const sent = await fetch("/v1/auth/refresh", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ browser: true }),
    });
    return { status: sent.status, code: (await sent.json()).code };
  })()`)) as Json;
  t.strictSame(tried, { status: 403, code: "REQUEST_ORIGIN" });
  t.match(await inPage(`await post("/v1/auth/refresh", { browser: true }); return get("/v1/me");`), { roles: ["reviewer"] });
  t.ok(platform.url.endsWith(String(port)));
});
