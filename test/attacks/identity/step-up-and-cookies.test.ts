import t from "tap";
import { ApiClient, type Json } from "../../../scripts/demo/api-client.ts";
import { totpCode } from "../../../scripts/demo/authenticator.ts";
import { problemOf, startTestPlatform } from "../../support/platform.ts";

const origin = "https://hanguang.example";
// Access tokens that live longer than factors stay recent, so that it is not their end that refuses.
const identity = { webOrigin: origin, webauthnRpId: "hanguang.example", accessTokenTtlMs: 3_600_000 };
const fixture = await startTestPlatform(t, { identity });
const { platform, url, clock, logins, signIn } = fixture;
const settings = { recentFactorMs: 300_000 };
const someId = "abc_00000000000000000000000000";

// The client of the demo shows a factor again by itself; these do not.
const plain = (client: ApiClient) => ApiClient.withBearer(url, client.login, client.token);
const stepNow = () => Math.floor(clock.now().getTime() / 30_000);
const send = (client: ApiClient, method: string, path: string, body?: unknown) =>
  client.send(
    method,
    path,
    body === undefined ? undefined : JSON.stringify(body),
    body === undefined ? undefined : "application/json",
  );
const needed = { httpStatus: 403, code: "IDENTITY_REAUTHENTICATION_NEEDED" };

/** Who may call each route that asks for a recent factor, and a body it takes. */
const recentRoutes: Readonly<Record<string, readonly [login: string, body?: Json]>> = {
  "DELETE /v1/me/factors/:id": ["officer"],
  "DELETE /v1/users/:id/factors": ["security-admin"],
  "POST /v1/agreements/:id/terminate": ["officer", { reason: "期满前终止" }],
  "POST /v1/exports/:id/release": ["officer"],
  "POST /v1/exports/:id/reviews": ["reviewer-1", { decision: "approve", reason: "阈值与占比均符合协议" }],
  "POST /v1/log/origins": ["security-admin", { reason: "恢复之后另起日志" }],
  "POST /v1/log/origins/:id/approve": ["audit-admin"],
  "POST /v1/me/factors": ["officer", { kind: "totp", label: "x" }],
  "POST /v1/me/recovery-codes": ["officer"],
  "POST /v1/policy/proposals": ["security-admin", { release: "shipped", reason: "随新版本启用所附策略" }],
  "POST /v1/policy/proposals/:id/confirm": ["audit-admin", { hash: "a".repeat(64) }],
  "POST /v1/service-keys": ["operator-admin", { name: "夜间作业", scopes: [], days: 1 }],
  "POST /v1/users/:id/disable": ["security-admin"],
  "PUT /v1/users/:id/roles": ["security-admin", { roles: [] }],
};
const asking = platform.gateway.routes.filter(({ recent }) => recent);

t.test("no route that asks for a recent factor opens to one shown too long ago, and a refresh shows none", async (t) => {
  t.strictSame(asking.map(({ method, url: path }) => `${method} ${path}`).toSorted(), Object.keys(recentRoutes), "each is tried");
  for (const { method, url: path } of asking) {
    const [login, body] = recentRoutes[`${method} ${path}`] ?? ["nobody"];
    const client = plain(await signIn(login));
    const target = path.replace(":id", someId);
    clock.advance(settings.recentFactorMs);
    const inTime = await send(client, method, target, body).then(
      () => undefined,
      (error: { readonly problem: Json }) => error.problem["code"],
    );
    t.not(inTime, needed.code, `${method} ${path} to the millisecond`);
    clock.advance(1);
    t.match(await problemOf(send(client, method, target, body)), needed, `${method} ${path}`);
  }
});

t.test("a token refreshed is no factor shown", async (t) => {
  const { password = "", authenticator } = logins.get("reviewer-1") ?? {};
  const { ticket } = await new ApiClient(url).post("/v1/auth/login", { login: "reviewer-1", password });
  const first = await new ApiClient(url).post("/v1/auth/second-factor", { ticket, totp: await authenticator?.code() });
  clock.advance(settings.recentFactorMs + 1);
  const next = await new ApiClient(url).post("/v1/auth/refresh", { refreshToken: first["refreshToken"] });
  const client = ApiClient.withBearer(url, "reviewer-1", String(next["accessToken"]));
  t.match(await problemOf(send(client, "POST", `/v1/exports/${someId}/reviews`, {})), needed, "before the body is looked at");
});

t.test("the refusal is an event, and tells how to go on", async (t) => {
  const client = plain(await signIn("reviewer-2"));
  clock.advance(settings.recentFactorMs + 1);
  t.match(await problemOf(send(client, "POST", `/v1/exports/${someId}/reviews`, {})), {
    title: /POST \/v1\/auth\/reauthenticate/,
  });
  const { id } = await client.get("/v1/me");
  const auditor = await signIn("audit-admin");
  const events = async () =>
    (await auditor.get(`/v1/audit/events?type=access.refused&object=${String(id)}`))["items"] as readonly Json[];
  const deadline = Date.now() + 30_000;
  // The log takes its events in batches.
  while ((await events()).length === 0 && Date.now() < deadline) await new Promise((resume) => setImmediate(resume));
  t.match(await events(), [{ event: { code: needed.code, data: { permission: "export:review" } } }]);
});

t.test("what is shown again has to be the second factor, right, new, and of this account", async (t) => {
  const client = plain(await signIn("officer"));
  const { password = "", authenticator } = logins.get("officer") ?? {};
  clock.advance(settings.recentFactorMs + 1);
  const show = (proof: Json) => send(client, "POST", "/v1/auth/reauthenticate", proof);
  const refused = { httpStatus: 403, code: "IDENTITY_REAUTHENTICATION_REFUSED" };
  t.match(await problemOf(show({ password })), refused, "the password does not stand for it");
  t.match(await problemOf(show({ totp: await logins.get("reviewer-1")?.authenticator?.code() })), refused, "another's app");
  t.match(await problemOf(show({ recoveryCode: "0000-0000-0000-0000-0000" })), refused);
  t.match(await problemOf(show({})), { httpStatus: 400 });
  const totp = await authenticator?.code();
  t.equal((await show({ totp })).status, 200);
  t.match(await problemOf(show({ totp })), refused, "the same code again");
  t.match(await client.get("/v1/me"), { recent: true }, "which takes nothing back");
  const elsewhere = plain(await signIn("officer"));
  clock.advance(settings.recentFactorMs + 1);
  await send(elsewhere, "POST", "/v1/auth/reauthenticate", { totp: await authenticator?.code() });
  t.match(
    [await client.get("/v1/me"), await elsewhere.get("/v1/me")],
    [{ recent: false }, { recent: true }],
    "in that session only",
  );
});

t.test("guesses in a session count like guesses at a login, and then the account waits", async (t) => {
  const client = plain(await signIn("steward"));
  const { password = "", authenticator } = logins.get("steward") ?? {};
  const taken = new Set([-1, 0, 1, 2].map((apart) => totpCode(authenticator?.secret ?? "", stepNow() + apart)));
  const wrong = ["000000", "111111", "222222", "333333", "444444"].find((code) => !taken.has(code)) ?? "";
  for (let guess = 0; guess < 5; guess++)
    t.match(await problemOf(send(client, "POST", "/v1/auth/reauthenticate", { totp: wrong })), { httpStatus: 403 });
  const totp = await authenticator?.code();
  t.match(await problemOf(send(client, "POST", "/v1/auth/reauthenticate", { totp })), { httpStatus: 403 }, "the right one too");
  t.match(await problemOf(new ApiClient(url).post("/v1/auth/login", { login: "steward", password })), { httpStatus: 401 });
  clock.advance(60_000);
});

interface BrowserRequest {
  readonly cookie?: string | undefined;
  readonly from?: string | undefined;
  readonly token?: string;
  readonly body?: Json;
}

/** What a browser would send. */
async function browse(path: string, { cookie, from, token, body }: BrowserRequest) {
  const headers = new Headers({ "content-type": "application/json" });
  if (cookie !== undefined) headers.set("cookie", cookie);
  if (from !== undefined) headers.set("origin", from);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  const json = response.status === 204 ? {} : ((await response.json()) as Json);
  return { status: response.status, json, setCookie: response.headers.getSetCookie()[0] };
}
const { password: analystPassword = "" } = logins.get("analyst") ?? {};
const login = { login: "analyst", password: analystPassword };
const foreign = { status: 403, json: { code: "REQUEST_ORIGIN" }, setCookie: undefined };
async function openBrowserSession() {
  const { json, setCookie = "" } = await browse("/v1/auth/login", { from: origin, body: { ...login, browser: true } });
  return { token: String(json["accessToken"]), cookie: setCookie.split(";")[0] ?? "", json, setCookie };
}

t.test("a browser's refresh token is in a cookie that no script reads and no other site sends, and nowhere else", async (t) => {
  const { json, setCookie, cookie } = await openBrowserSession();
  t.match(setCookie, /^__Host-hanguang-refresh=hgr_[\w-]{64}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  t.strictSame(new Set(Object.keys(json)), new Set(["accessToken", "accessTokenExpiresAt"]));
  const next = await browse("/v1/auth/refresh", { from: origin, cookie, body: { browser: true } });
  t.match(next, { status: 200, setCookie: /^__Host-hanguang-refresh=hgr_/ });
  t.notOk("refreshToken" in next.json);
  const machine = await browse("/v1/auth/login", { body: login });
  t.match(machine, { status: 200, setCookie: undefined, json: { refreshToken: /^hgr_/ } });
});

for (const from of [
  "https://evil.example",
  "http://hanguang.example",
  "https://hanguang.example.evil.example",
  "null",
  undefined,
])
  t.test(`a cookie sent from a page of ${from ?? "nobody says where"} refreshes nothing, and stays its owner's`, async (t) => {
    const { cookie, token } = await openBrowserSession();
    t.match(await browse("/v1/auth/refresh", { from, cookie, body: { browser: true } }), foreign);
    t.match(await browse("/v1/auth/logout", { from, cookie, token }), foreign, "nor does anything else that bears it");
    t.match(
      await browse("/v1/auth/login", { from, body: { ...login, browser: true } }),
      foreign,
      "nor is anybody logged in there",
    );
    t.match(await browse("/v1/auth/refresh", { from: origin, cookie, body: { browser: true } }), { status: 200 });
  });

t.test("a cookie stolen and sent by other means ends the session for thief and owner", async (t) => {
  const { cookie, token } = await openBrowserSession();
  const refreshToken = cookie.split("=")[1] ?? "";
  t.match(await browse("/v1/auth/refresh", { body: { refreshToken } }), { status: 401 }, "as a machine's");
  t.match(await browse("/v1/auth/refresh", { from: origin, cookie, body: { browser: true } }), {
    status: 401,
    setCookie: /^__Host-hanguang-refresh=; Max-Age=0;/,
  });
  t.match(await problemOf(ApiClient.withBearer(url, "x", token).get("/v1/me")), { httpStatus: 401 });
  const machine = await browse("/v1/auth/login", { body: login });
  const dressed = `__Host-hanguang-refresh=${String(machine.json["refreshToken"])}`;
  t.match(
    await browse("/v1/auth/refresh", { from: origin, cookie: dressed, body: { browser: true } }),
    { status: 401 },
    "the reverse",
  );
});

const cookieOf = ({ setCookie = "" }: { readonly setCookie: string | undefined }): string => setCookie.split(";")[0] ?? "";
const refreshWith = (sent: string) => browse("/v1/auth/refresh", { from: origin, cookie: sent, body: { browser: true } });
const standing = (token: unknown) => ApiClient.withBearer(url, "x", String(token)).get("/v1/me");

t.test("tabs that refresh at one moment get one and the same new cookie, and the session goes on", async (t) => {
  const { cookie } = await openBrowserSession();
  const tabs = await Promise.all([1, 2, 3, 4].map(() => refreshWith(cookie)));
  t.strictSame(
    tabs.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  t.equal(new Set(tabs.map(cookieOf)).size, 1);
  t.not(cookieOf(tabs[0] ?? { setCookie: undefined }), cookie);
  clock.advance(5000);
  const late = await refreshWith(cookie);
  t.equal(cookieOf(late), cookieOf(tabs[0] ?? late), "to the millisecond");
  for (const { json } of [...tabs, late]) t.match(await standing(json["accessToken"]), { login: "analyst" });
  t.equal((await refreshWith(cookieOf(late))).status, 200);
});

t.test("a cookie that was replaced ends the session when it comes again later", async (t) => {
  const { cookie } = await openBrowserSession();
  const next = await refreshWith(cookie);
  t.equal(next.status, 200);
  clock.advance(5001);
  t.equal((await refreshWith(cookie)).status, 401);
  t.equal((await refreshWith(cookieOf(next))).status, 401);
});

t.test("who steals the cookie and uses it with the tabs is seen at the next refresh", async (t) => {
  const { cookie } = await openBrowserSession();
  const [owner, thief] = [await refreshWith(cookie), await refreshWith(cookie)];
  t.equal(cookieOf(thief), cookieOf(owner));
  clock.advance(60_000);
  const next = await refreshWith(cookieOf(thief));
  t.equal(next.status, 200);
  clock.advance(60_000);
  t.equal((await refreshWith(cookieOf(owner))).status, 401);
  t.equal((await refreshWith(cookieOf(next))).status, 401, "the thief's as well");
  t.match(await problemOf(standing(next.json["accessToken"])), { httpStatus: 401 });
});

t.test("a token from before the last one ends the session, however soon and however it comes", async (t) => {
  const { cookie } = await openBrowserSession();
  const second = await refreshWith(cookie);
  const third = await refreshWith(cookieOf(second));
  t.equal(third.status, 200);
  t.equal((await refreshWith(cookie)).status, 401, "a cookie, within the time of its successor");
  t.equal((await refreshWith(cookieOf(third))).status, 401);

  const machine = await browse("/v1/auth/login", { body: login });
  const tokens = [String(machine.json["refreshToken"])];
  for (let at = 0; at < 3; at += 1)
    tokens.push(String((await browse("/v1/auth/refresh", { body: { refreshToken: tokens[at] ?? "" } })).json["refreshToken"]));
  t.equal((await browse("/v1/auth/refresh", { body: { refreshToken: tokens[0] ?? "" } })).status, 401);
  t.equal((await browse("/v1/auth/refresh", { body: { refreshToken: tokens[3] ?? "" } })).status, 401);
});

t.test("a cookie replaced just now is worth nothing outside a cookie, or once the session has ended", async (t) => {
  const { cookie } = await openBrowserSession();
  const next = await refreshWith(cookie);
  t.equal((await browse("/v1/auth/refresh", { body: { refreshToken: cookie.split("=")[1] ?? "" } })).status, 401);
  t.equal((await refreshWith(cookieOf(next))).status, 401);

  const other = await openBrowserSession();
  const after = await refreshWith(other.cookie);
  await browse("/v1/auth/logout", { from: origin, cookie: cookieOf(after), token: String(after.json["accessToken"]) });
  t.equal((await refreshWith(other.cookie)).status, 401);
});

t.test("the successor rests where only its predecessor's holder reads it", async (t) => {
  const { cookie } = await openBrowserSession();
  const next = cookieOf(await refreshWith(cookie)).split("=")[1] ?? "";
  const rows = await platform.store.db.selectFrom("session").selectAll().where("successor_sealed", "is not", null).execute();
  t.not(rows.length, 0);
  for (const row of rows) {
    const kept = [row.refresh_hash, row.previous_hash, row.family_hash, row.successor_sealed].map((part) => part ?? Buffer.of());
    t.notOk(kept.some((part) => part.includes(next) || part.includes(Buffer.from(next.slice(4), "base64url").subarray(0, 16))));
  }
});

t.test("a logout takes the cookie away, and cookies that are none are no session", async (t) => {
  const { cookie, token } = await openBrowserSession();
  t.match(await browse("/v1/auth/logout", { from: origin, cookie, token }), {
    status: 204,
    setCookie: /^__Host-hanguang-refresh=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  });
  for (const sent of [cookie, "__Host-hanguang-refresh=", "hanguang-refresh=x", "=", "%", undefined])
    t.match(
      await browse("/v1/auth/refresh", { from: origin, cookie: sent, body: { browser: true } }),
      { status: 401 },
      String(sent),
    );
});

t.test("over plain http on this machine the cookie has neither Secure nor the prefix that asks for it", async (t) => {
  const { default: fastify } = await import("fastify");
  const { createRefreshCookie } = await import("../../../src/gateway/refresh-cookie.ts");
  const app = fastify();
  app.get("/", async (_request, reply) => {
    createRefreshCookie("http://localhost:7310").set(reply, "hgr_x");
    return "";
  });
  const { headers } = await app.inject("/");
  t.equal(headers["set-cookie"], "hanguang-refresh=hgr_x; Path=/; HttpOnly; SameSite=Strict");
});
