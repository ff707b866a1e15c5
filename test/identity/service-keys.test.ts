import t from "tap";
import { openTestIdentity, passwordOf } from "../support/identity.ts";
import { expectValue } from "../support/value.ts";

const refused = (code: string) => ({ kind: "refused", code });
const { identity, signIn, populate, clock, store, ids, settings } = await openTestIdentity(t);
const operator = await populate("operator", "冀数运营", {
  boss: ["operator-admin"],
  ana: ["analyst"],
  deputy: ["operator-admin"],
});
const rival = await populate("operator", "晋数运营", { rival: ["operator-admin"] });

const hour = 3_600_000;
const day = 24 * hour;
const request = { name: "夜间批处理", scopes: ["job:submit", "job:read"], days: 30 };
const makeKey = async (login = "boss", over: Partial<typeof request> = {}) =>
  expectValue(await identity.createServiceKey(await signIn(login), { ...request, ...over }));

/** What the log holds on an object, in order. */
async function eventsAbout(object: string): Promise<readonly Record<string, unknown>[]> {
  const leaves = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return leaves.map(({ leaf }) => JSON.parse(leaf.toString())).filter((event) => event.object === object);
}

t.test("a key acts for the operator in its own name, as a machine, within its scopes", async (t) => {
  const key = await makeKey();
  const caller = expectValue(await identity.authenticate(key.secret));
  t.match(caller, {
    id: key.account,
    organisation: operator,
    organisationKind: "operator",
    roles: ["service"],
    key: key.id,
    scopes: ["job:submit", "job:read"],
    name: "夜间批处理",
  });
  t.equal(caller.session, undefined);
  t.not(caller.id, key.maker, "not in its maker's");
  t.match(
    (await identity.listAccounts(await signIn("boss"))).find(({ id }) => id === key.account),
    { origin: "service", roles: ["service"] },
    "and is seen among the accounts",
  );
});

t.test("an organisation holds so many living keys, counted one at a time", async (t) => {
  const crowded = await populate("operator", "鲁数运营", { crowd: ["operator-admin"] });
  const crowd = await signIn("crowd");
  const most = settings.serviceKeysPerOrganisation;
  for (let at = 1; at < most; at += 1) await makeKey("crowd", { days: at === 1 ? 1 : 30 });
  const last = await Promise.all([1, 2, 3].map(() => identity.createServiceKey(crowd, request)));
  t.equal(last.filter((made) => "secret" in made).length, 1);
  for (const no of last.filter((made) => !("secret" in made)))
    t.match(no, { ...refused("IDENTITY_KEY_LIMIT"), detail: { most } });
  t.match((await eventsAbout(crowd.id)).at(-1), { type: "identity.refused", code: "IDENTITY_KEY_LIMIT" });
  t.ok(await makeKey(), "of another organisation nothing is counted");
  const [revoked] = await identity.listServiceKeys(crowd);
  t.equal(revoked?.organisation, crowded);
  expectValue(await identity.revokeServiceKey(crowd, revoked?.id ?? ""));
  t.ok(await makeKey("crowd"), "a revoked one makes room");
});

t.test("the secret is 256 bits, told once, and nowhere in the store", async (t) => {
  const key = await makeKey();
  t.match(key.secret, /^hgk_[A-Za-z0-9_-]{43}$/);
  t.not(key.secret, (await makeKey()).secret);
  const listed = await identity.listServiceKeys(await signIn("boss"));
  t.notMatch(JSON.stringify(listed), /hgk_|secret/);
  const rows = await store.db.selectFrom("service_key").selectAll().execute();
  const events = await store.db.selectFrom("audit_event").select("leaf").execute();
  const body = key.secret.slice(4);
  t.notOk(JSON.stringify(rows).includes(body) || rows.some((row) => row.secret_hash.includes(Buffer.from(body, "base64url"))));
  t.notOk(events.some(({ leaf }) => leaf.includes(body)));
});

t.test("scopes and term are of what can be had", async (t) => {
  const boss = await signIn("boss");
  for (const scopes of [
    [],
    ["export:review"],
    ["job:submit", "account:create"],
    ["service-key:create"],
    ["*"],
    ["job:*"],
    ["job"],
  ])
    t.match(await identity.createServiceKey(boss, { ...request, scopes }), {
      ...refused("IDENTITY_KEY_SCOPE"),
      detail: { accepted: /job:submit/ },
    });
  for (const days of [0, -1, 91, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.match(await identity.createServiceKey(boss, { ...request, days }), {
      ...refused("IDENTITY_KEY_TERM"),
      detail: { maxDays: 90 },
    });
  expectValue(await identity.createServiceKey(boss, { ...request, days: 90 }));
});

t.test("keys are the operator administrator's, of the own operator only", async (t) => {
  const key = await makeKey();
  for (const login of ["ana", "platform-admin", "security-admin", "audit-admin"]) {
    const caller = await signIn(login);
    t.match(await identity.createServiceKey(caller, request), refused("ACCESS_DENIED"), login);
    t.match(await identity.revokeServiceKey(caller, key.id), refused("IDENTITY_KEY_UNKNOWN"), login);
    t.strictSame(await identity.listServiceKeys(caller), [], login);
  }
  const other = await signIn("rival");
  t.strictSame(await identity.listServiceKeys(other), []);
  const hidden = await identity.revokeServiceKey(other, key.id);
  t.match(hidden, refused("IDENTITY_KEY_UNKNOWN"));
  for (const absent of [ids.make("serviceKey"), "", "svk_", "nul\u0000byte", key.account])
    t.strictSame(await identity.revokeServiceKey(other, absent), hidden, "hidden and absent look alike");
  t.match(await identity.authenticate(key.secret), { key: key.id }, "nothing of this ended it");
});

t.test("a revoked key is worth nothing from the next request on; revoking twice is no change", async (t) => {
  const key = await makeKey();
  expectValue(await identity.authenticate(key.secret));
  t.match(await identity.revokeServiceKey(await signIn("deputy"), key.id), { state: "revoked" });
  t.match(await identity.authenticate(key.secret), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.revokeServiceKey(await signIn("deputy"), key.id), { state: "revoked" });
  const events = await eventsAbout(key.id);
  t.strictSame(
    events.map(({ type }) => type),
    ["service-key.created", "service-key.used", "service-key.revoked", "identity.refused"],
  );
  t.match(events.at(-1), { type: "identity.refused", data: { because: "revoked" } }, "its use afterwards is seen");
});

t.test("a key ends with its term, to the millisecond", async (t) => {
  const before = clock.now();
  const key = await makeKey("boss", { days: 1 });
  clock.advance(day - 1);
  expectValue(await identity.authenticate(key.secret));
  clock.advance(1);
  t.match(await identity.authenticate(key.secret), refused("IDENTITY_TOKEN_INVALID"));
  t.match(
    (await identity.listServiceKeys(await signIn("boss"))).find(({ id }) => id === key.id),
    { state: "expired" },
  );
  clock.set(before);
});

t.test("the hour of the last use is kept, by one event an hour", async (t) => {
  const key = await makeKey();
  const lastUse = async () => (await identity.listServiceKeys(await signIn("boss"))).find(({ id }) => id === key.id)?.lastUsedAt;
  t.equal(await lastUse(), null);
  clock.set("2026-03-02T09:59:59.000Z");
  await Promise.all(Array.from({ length: 8 }, () => identity.authenticate(key.secret)));
  t.equal(await lastUse(), "2026-03-02T09:00:00.000Z");
  clock.advance(1000);
  expectValue(await identity.authenticate(key.secret));
  t.equal(await lastUse(), "2026-03-02T10:00:00.000Z");
  const uses = (await eventsAbout(key.id)).filter(({ type }) => type === "service-key.used");
  t.match(uses, [{ data: { hour: "2026-03-02T09:00:00.000Z" } }, { data: { hour: "2026-03-02T10:00:00.000Z" } }]);
  t.equal(uses.length, 2);
});

t.test("a key ends with its maker's role, organisation or account, and with its own account", async (t) => {
  const security = await signIn("security-admin");
  const gone = refused("IDENTITY_TOKEN_INVALID");
  const state = async (id: string) => (await identity.listServiceKeys(await signIn("boss"))).find((key) => key.id === id)?.state;

  const own = await makeKey();
  expectValue(await identity.disableAccount(security, { account: own.account }));
  t.match(await identity.authenticate(own.secret), gone, "the key's own account disabled");
  t.equal(await state(own.id), "ended");

  const key = await makeKey("deputy");
  const account = key.maker;
  expectValue(await identity.assignRoles(security, { account, roles: ["analyst"] }));
  t.match(await identity.authenticate(key.secret), gone, "its maker could not make it today");
  expectValue(await identity.assignRoles(security, { account, roles: ["operator-admin"] }));
  expectValue(await identity.authenticate(key.secret));

  await store.db.updateTable("account").set({ organisation_id: rival }).where("id", "=", account).execute();
  t.match(await identity.authenticate(key.secret), gone, "its maker moved to another operator");
  await store.db.updateTable("account").set({ organisation_id: operator }).where("id", "=", account).execute();
  expectValue(await identity.authenticate(key.secret));

  expectValue(await identity.disableAccount(security, { account }));
  t.match(await identity.authenticate(key.secret), gone, "its maker's account was disabled");
  t.equal(await state(key.id), "ended");
});

t.test("nobody logs in as a machine", async (t) => {
  const key = await makeKey();
  t.match(await identity.login({ login: `service:${key.id}`, password: passwordOf("boss") }), refused("IDENTITY_LOGIN_REFUSED"));
});
