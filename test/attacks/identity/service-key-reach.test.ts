import t from "tap";
import { ApiClient } from "../../../scripts/demo/api-client.ts";
import { openTestIdentity } from "../../support/identity.ts";
import { agreementRequest, prepareAgreement, problemOf, startTestPlatform, timeOf } from "../../support/platform.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await startTestPlatform(t);
const { platform, url, operatorAdmin, analyst, auditor } = fixture;
const { agreement, resource } = await prepareAgreement(fixture);

const everyScope = [
  "organisation:read",
  "resource:read",
  "agreement:read",
  "job:submit",
  "job:read",
  "job:cancel",
  "result:read",
  "export:request",
  "export:read",
  "export:download",
];
const makeKey = async (scopes: readonly string[] = everyScope) => {
  const made = await operatorAdmin.post("/v1/service-keys", { name: "machine", scopes, days: 30 });
  const client = ApiClient.withBearer(url, "machine", String(made["secret"]));
  return { id: String(made["id"]), account: String(made["account"]), client };
};
const sql = "SELECT county, count(*) AS n FROM person GROUP BY county";

t.test("a key runs a job from statement to result, and the log names the key", async (t) => {
  const key = await makeKey();
  const { id } = await key.client.post(`/v1/agreements/${agreement}/jobs`, { sql });
  t.match(await key.client.untilEnded(String(id)), { state: "done", author: key.account });
  t.ok(await key.client.get(`/v1/jobs/${String(id)}/result`));
  const page = await auditor.get(`/v1/audit/events?object=${String(id)}&type=job.submitted`);
  t.match(page["items"], [{ event: { actor: { id: key.account, key: key.id, roles: ["service"] } } }]);
});

t.test("a key asks for nothing outside its scopes, and each attempt is an event", async (t) => {
  const reader = await makeKey(["job:read", "agreement:read"]);
  const { id } = await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql });
  await analyst.untilEnded(String(id));
  t.match(await reader.client.get(`/v1/jobs/${String(id)}`), { state: "done" });
  for (const [method, path] of [
    ["POST", `/v1/agreements/${agreement}/jobs`],
    ["DELETE", `/v1/jobs/${String(id)}`],
    ["GET", `/v1/jobs/${String(id)}/result`],
    ["POST", "/v1/exports"],
    ["GET", "/v1/organisations"],
  ] as const)
    t.match(await problemOf(reader.client.send(method, path)), { httpStatus: 403, code: "ACCESS_DENIED" }, `${method} ${path}`);
  const page = await auditor.get(`/v1/audit/events?type=access.refused&actor=${reader.account}`);
  t.equal((page["items"] as readonly unknown[]).length, 5);
});

t.test("with every scope there is, a key opens no route of a reviewer, officer, administrator or person", async (t) => {
  const { client } = await makeKey();
  t.match(await problemOf(client.get("/metrics")), { code: "IDENTITY_TOKEN_INVALID", httpStatus: 401 });
  const permitted = new Set([...everyScope, "public", "identified", "watcher"]);
  const closed = platform.gateway.routes.filter(({ method, permission }) => method !== "HEAD" && !permitted.has(permission));
  t.ok(closed.length > 20);
  for (const { method, url: path } of closed) {
    const target = path.replace(":id", "abc_00000000000000000000000000");
    t.match(await problemOf(client.send(method, target)), { httpStatus: 403, code: "ACCESS_DENIED" }, `${method} ${path}`);
  }
});

t.test("a key sees its own operator's agreements and jobs, as an analyst there does, and no others", async (t) => {
  const { client } = await makeKey();
  const other = await signUpRival();
  const rival = ApiClient.withBearer(url, "rival", other);
  t.match(await problemOf(rival.post(`/v1/agreements/${agreement}/jobs`, { sql })), { code: "JOB_AGREEMENT_NOT_IN_FORCE" });
  t.match(await problemOf(rival.get(`/v1/agreements/${agreement}`)), { httpStatus: 404 });
  t.match(await problemOf(client.post("/v1/agreements", agreementRequest(fixture, resource))), { code: "ACCESS_DENIED" });
});

/** The secret of a key of another operator. */
async function signUpRival(): Promise<string> {
  const [platformAdmin, securityAdmin] = [await fixture.signIn("platform-admin"), await fixture.signIn("security-admin")];
  const organisation = await platformAdmin.post("/v1/organisations", {
    kind: "operator",
    name: "晋数",
    uscc: "91110000600037341L",
  });
  const password = "a pass phrase of nobody else";
  const { id } = await platformAdmin.post("/v1/users", { login: "rival", name: "r", organisation: organisation["id"], password });
  await securityAdmin.put(`/v1/users/${String(id)}/roles`, { roles: ["operator-admin"] });
  const { client: admin } = await ApiClient.arrive(url, { login: "rival", given: password, time: timeOf(fixture.clock) });
  return String((await admin.post("/v1/service-keys", { name: "rival", scopes: everyScope, days: 1 }))["secret"]);
}

t.test("nobody makes a machine a person: not by roles, not by a key of a key", async (t) => {
  const key = await makeKey();
  const securityAdmin = await fixture.signIn("security-admin");
  const roles = `/v1/users/${key.account}/roles`;
  for (const given of [["analyst"], ["operator-admin"], ["service"], []])
    t.match(await problemOf(securityAdmin.put(roles, { roles: given })), { code: "IDENTITY_ACCOUNT_NOT_LOCAL" });
  const { id } = (await analyst.get("/v1/me")) as { id: string };
  t.match(await problemOf(securityAdmin.put(`/v1/users/${id}/roles`, { roles: ["service"] })), { code: "IDENTITY_ROLE_MISFIT" });
  t.match(await problemOf(key.client.post("/v1/service-keys", { name: "x", scopes: ["job:read"], days: 1 })), {
    code: "ACCESS_DENIED",
  });
});

t.test("a role that found its way into the store makes a key no more than a machine", async (t) => {
  const key = await makeKey();
  const account_id = key.account;
  await platform.store.db.insertInto("account_role").values({ account_id, role: "operator-admin" }).execute();
  t.match(await key.client.get("/v1/me"), { roles: ["service"] });
  t.match(await problemOf(key.client.get("/v1/service-keys")), { code: "ACCESS_DENIED" });
});

t.test("the store itself takes no longer life, no wider scope and no other secret for a key that was made", async (t) => {
  const { id } = await makeKey();
  for (const change of [
    { expires_at: new Date("2099-01-01T00:00:00Z") },
    { scopes: '["job:submit"]' },
    { secret_hash: Buffer.alloc(32) },
    { organisation_id: "org_x" },
  ])
    await t.rejects(platform.store.db.updateTable("service_key").set(change).where("id", "=", id).execute(), { code: "42501" });
});

t.test("what is not quite the key is nothing", async (t) => {
  const { identity, signIn, populate } = await openTestIdentity(t);
  await populate("operator", "冀数", { boss: ["operator-admin"] });
  const made = await identity.createServiceKey(await signIn("boss"), { name: "n", scopes: ["job:read"], days: 1 });
  const { secret } = expectValue(made);
  expectValue(await identity.authenticate(secret));
  for (const text of [
    secret.slice(0, -1),
    `${secret}A`,
    `${secret} `,
    ` ${secret}`,
    secret.toUpperCase(),
    secret.replace("hgk_", ""),
    secret.replace("hgk_", "hgr_"),
    "hgk_",
    `hgk_${"a".repeat(1_000_000)}`,
    "hgk_\u0000",
  ])
    t.strictSame(await identity.authenticate(text), { kind: "refused", code: "IDENTITY_TOKEN_INVALID" });
  t.match(await identity.refresh(secret), { code: "IDENTITY_REFRESH_REFUSED" }, "and is no refresh token");
});
