import t from "tap";
import { givenPasswordOf, openTestIdentity, passwordOf } from "../support/identity.ts";
import { expectValue } from "../support/value.ts";

const refused = (code: string) => ({ kind: "refused", code });
const fixture = await openTestIdentity(t);
const { identity, signIn, tokensOf, populate, arrive, clock, store } = fixture;

/** What the log holds on an object, in order. */
async function eventsAbout(object: string): Promise<readonly Record<string, unknown>[]> {
  const leaves = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return leaves.map(({ leaf }) => JSON.parse(leaf.toString())).filter((event) => event.object === object);
}

const operator = await populate("operator", "冀数运营", { ana: ["analyst"], boss: ["operator-admin", "analyst"] });
const agency = await populate("agency", "省数据局", { rev: ["reviewer"], off: ["agency-officer"] });

t.test("a token says who it is, with the roles of now", async (t) => {
  const caller = await signIn("boss");
  t.match(caller, {
    kind: "account",
    organisation: operator,
    organisationKind: "operator",
    roles: ["analyst", "operator-admin"],
    login: "boss",
  });
});

t.test("roles fit the organisation, are known, and the administrations stay apart", async (t) => {
  const security = await signIn("security-admin");
  const ana = (await signIn("ana")).id;
  t.match(await identity.assignRoles(security, { account: ana, roles: ["reviewer"] }), refused("IDENTITY_ROLE_MISFIT"));
  t.match(await identity.assignRoles(security, { account: ana, roles: ["wizard"] }), refused("IDENTITY_ROLE_UNKNOWN"));
  t.match(
    await identity.assignRoles(security, {
      account: (await signIn("platform-admin")).id,
      roles: ["platform-admin", "audit-admin"],
    }),
    refused("IDENTITY_ROLES_APART"),
  );
  t.match(
    await identity.assignRoles(security, { account: (await signIn("rev")).id, roles: ["reviewer", "agency-officer"] }),
    refused("IDENTITY_ROLES_APART"),
  );
  t.match(
    await identity.assignRoles(security, { account: security.id, roles: [] }),
    refused("IDENTITY_ROLES_APART"),
    "nobody changes one's own",
  );
  t.match(await identity.assignRoles(security, { account: "usr_nobody", roles: [] }), refused("IDENTITY_ACCOUNT_UNKNOWN"));
});

t.test("an operator administrator makes accounts of the own organisation only", async (t) => {
  const boss = await signIn("boss");
  const request = { login: "newcomer", name: "新人", organisation: operator, password: givenPasswordOf("newcomer") };
  t.match(await identity.createAccount(boss, { ...request, organisation: agency }), refused("IDENTITY_ORGANISATION_UNKNOWN"));
  t.match(expectValue(await identity.createAccount(boss, request)), { login: "newcomer", roles: [] });
  t.match(await identity.createAccount(boss, request), refused("IDENTITY_NAME_TAKEN"));
  t.strictSame((await identity.listAccounts(boss)).map(({ login }) => login).sort(), ["ana", "boss", "newcomer"]);
  t.strictSame(await identity.listAccounts(await signIn("ana")), []);
});

t.test("credentials are refused by length and form, with what would be accepted", async (t) => {
  const platform = await signIn("platform-admin");
  const request = { login: "weakling", name: "弱", organisation: operator, password: "short" };
  t.match(await identity.createAccount(platform, request), { ...refused("IDENTITY_PASSWORD_WEAK"), detail: { minLength: 14 } });
  t.match(
    await identity.createAccount(platform, { ...request, password: "my weakling password 1" }),
    refused("IDENTITY_PASSWORD_WEAK"),
  );
  t.match(
    await identity.createAccount(platform, { ...request, login: "Weak Ling", password: passwordOf("x") }),
    refused("IDENTITY_LOGIN_MALFORMED"),
  );
  t.match(
    await identity.createAccount(platform, { ...request, organisation: "org_none", password: passwordOf("x") }),
    refused("IDENTITY_ORGANISATION_UNKNOWN"),
  );
});

t.test("what the policy does not allow is refused here too, whoever stands before it", async (t) => {
  const boss = await signIn("boss");
  const target = (await signIn("rev")).id;
  t.match(await identity.createOrganisation(boss, { kind: "agency", name: "自立" }), refused("ACCESS_DENIED"));
  t.match(await identity.assignRoles(boss, { account: target, roles: [] }), refused("ACCESS_DENIED"));
  t.match(await identity.disableAccount(boss, { account: target }), refused("ACCESS_DENIED"));
  const platform = await signIn("platform-admin");
  t.match(await identity.assignRoles(platform, { account: target, roles: [] }), refused("ACCESS_DENIED"), "三员分立");
  t.match(
    await identity.createAccount(await signIn("security-admin"), {
      login: "shadow",
      name: "影",
      organisation: operator,
      password: passwordOf("shadow"),
    }),
    refused("IDENTITY_ORGANISATION_UNKNOWN"),
    "who gives roles makes no accounts",
  );
});

t.test("an id that is none is unknown, whatever it holds", async (t) => {
  const security = await signIn("security-admin");
  for (const account of ["", "usr_", "nul\u0000byte", "usr_'; DROP TABLE account; --", "\ud800"]) {
    t.match(await identity.assignRoles(security, { account, roles: [] }), refused("IDENTITY_ACCOUNT_UNKNOWN"));
    t.match(await identity.disableAccount(security, { account }), refused("IDENTITY_ACCOUNT_UNKNOWN"));
    t.match(await identity.login({ login: account, password: "whatever it is" }), refused("IDENTITY_LOGIN_REFUSED"));
    t.match(await identity.refresh(account), refused("IDENTITY_REFRESH_REFUSED"));
  }
});

t.test("an operator needs a valid unified social credit code, and names are taken once", async (t) => {
  const platform = await signIn("platform-admin");
  t.match(await identity.createOrganisation(platform, { kind: "operator", name: "无码" }), refused("IDENTITY_USCC_INVALID"));
  t.match(
    await identity.createOrganisation(platform, { kind: "agency", name: "错码", uscc: "91310115MA1G4L1WXK" }),
    refused("IDENTITY_USCC_INVALID"),
  );
  t.match(await identity.createOrganisation(platform, { kind: "agency", name: "省数据局" }), refused("IDENTITY_NAME_TAKEN"));
  t.equal((await identity.listOrganisations()).length, 3);
});

t.test("a refresh token works once; its second use ends the session", async (t) => {
  const first = await tokensOf("ana");
  const second = expectValue(await identity.refresh(first.refreshToken));
  expectValue(await identity.authenticate(second.accessToken));
  t.match(await identity.refresh(first.refreshToken), refused("IDENTITY_REFRESH_REFUSED"), "the thief");
  t.match(await identity.refresh(second.refreshToken), refused("IDENTITY_REFRESH_REFUSED"), "and the robbed");
  t.match(await identity.authenticate(second.accessToken), refused("IDENTITY_TOKEN_INVALID"), "at once");
  t.match(await identity.refresh("hgr_never-issued"), refused("IDENTITY_REFRESH_REFUSED"));
});

t.test("a session ends by logout, by its term, and with its account", async (t) => {
  const { accessToken, refreshToken } = await tokensOf("rev");
  const caller = expectValue(await identity.authenticate(accessToken));
  await identity.logout(caller);
  await identity.logout(caller);
  t.equal(
    (await eventsAbout(caller.session ?? "")).filter(({ type }) => type === "session.revoked").length,
    1,
    "no event without a change",
  );
  t.match(await identity.authenticate(accessToken), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.refresh(refreshToken), refused("IDENTITY_REFRESH_REFUSED"));

  const late = await tokensOf("rev");
  const before = clock.now();
  clock.advance(43_200_000);
  t.match(await identity.refresh(late.refreshToken), refused("IDENTITY_REFRESH_REFUSED"), "after its term, to the millisecond");
  clock.set(before);

  const off = await tokensOf("off");
  const officer = expectValue(await identity.authenticate(off.accessToken));
  const security = await signIn("security-admin");
  t.match(
    await identity.disableAccount(security, { account: security.id }),
    refused("IDENTITY_ACCOUNT_UNKNOWN"),
    "nobody locks oneself out",
  );
  t.match(await identity.disableAccount(security, { account: officer.id }), { state: "disabled" });
  t.match(await identity.disableAccount(security, { account: officer.id }), { state: "disabled" }, "twice is no change");
  t.equal((await eventsAbout(officer.id)).filter(({ type }) => type === "account.disabled").length, 1);
  t.match(await identity.authenticate(off.accessToken), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.refresh(off.refreshToken), refused("IDENTITY_REFRESH_REFUSED"));
  t.match(await identity.login({ login: "off", password: passwordOf("off") }), refused("IDENTITY_LOGIN_REFUSED"));
});

t.test("each failure from the threshold on doubles the wait, and a right password resets it", async (t) => {
  await arrive("newcomer");
  const wrong = () => identity.login({ login: "newcomer", password: "not the right pass phrase" });
  const right = () => identity.login({ login: "newcomer", password: passwordOf("newcomer") });
  for (let attempt = 0; attempt < 5; attempt++) t.match(await wrong(), refused("IDENTITY_LOGIN_REFUSED"));
  t.match(await right(), refused("IDENTITY_LOGIN_REFUSED"), "locked");
  clock.advance(29_999);
  t.match(await right(), refused("IDENTITY_LOGIN_REFUSED"), "to the millisecond");
  clock.advance(1);
  t.match(await wrong(), refused("IDENTITY_LOGIN_REFUSED"));
  clock.advance(59_999);
  t.match(await right(), refused("IDENTITY_LOGIN_REFUSED"), "the wait has doubled");
  clock.advance(1);
  expectValue(await right());
  const row = await store.db
    .selectFrom("account")
    .select(["failed_logins", "locked_until"])
    .where("login", "=", "newcomer")
    .executeTakeFirstOrThrow();
  t.strictSame(row, { failed_logins: 0, locked_until: null });
});
