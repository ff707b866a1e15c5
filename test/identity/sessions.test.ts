import t from "tap";
import type { SignedIn } from "../../src/identity/index.ts";
import { openTestIdentity, passwordOf, signInWithPassword } from "../support/identity.ts";
import { expectValue } from "../support/value.ts";

const refused = (code: string) => ({ kind: "refused", code });
const { identity, signIn, tokensOf, populate, clock, store } = await openTestIdentity(t);
await populate("operator", "冀数运营", { ana: ["analyst"], boss: ["operator-admin"], ben: ["analyst"] });

const callerOf = async ({ accessToken }: SignedIn) => expectValue(await identity.authenticate(accessToken));
const listed = async (tokens: SignedIn, account?: string) =>
  expectValue(await identity.listSessions(await callerOf(tokens), account)).items;

t.test("a person sees the own open sessions, with what was shown and from where", async (t) => {
  const client = { userAgent: `Firefox/128 \u0007${"x".repeat(500)}`, browser: true };
  clock.advance(60_000);
  const first = await tokensOf("ana");
  clock.advance(60_000);
  const answer = expectValue(await identity.login({ login: "ana", password: passwordOf("ana"), client }));
  if ("ticket" in answer) throw new Error("no second factor is enrolled");
  const items = await listed(answer);
  t.equal(items.length, 3, "with the one in which it arrived");
  t.match(items[0], { factors: ["password"], browser: true, current: true, userAgent: /^Firefox\/128 x{108}$/ });
  t.match(items[1], { id: (await callerOf(first)).session, current: false, browser: false, userAgent: null });
  t.match((await listed(await tokensOf("boss")))[0], { factors: ["password", "webauthn"] });
});

t.test("when it was seen last moves with each refresh", async (t) => {
  const first = await tokensOf("ana");
  const own = async (tokens: SignedIn) => (await listed(tokens)).find(({ current }) => current);
  const opened = await own(first);
  clock.advance(120_000);
  const next = expectValue(await identity.refresh(first.refreshToken));
  const seen = await own(next);
  t.equal(seen?.id, opened?.id);
  t.equal(new Date(seen?.lastSeenAt ?? "").getTime() - new Date(opened?.lastSeenAt ?? "").getTime(), 120_000);
  t.equal(seen?.startedAt, opened?.startedAt);
});

t.test("a session is ended by its owner, at once and for its refresh token too", async (t) => {
  const [here, there] = [await tokensOf("ana"), await tokensOf("ana")];
  const target = (await callerOf(there)).session ?? "";
  t.equal(await identity.endSession(await callerOf(here), target), undefined);
  t.match(await identity.authenticate(there.accessToken), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.refresh(there.refreshToken), refused("IDENTITY_REFRESH_REFUSED"));
  t.notOk((await listed(here)).some(({ id }) => id === target));
  t.match(await identity.endSession(await callerOf(here), target), refused("IDENTITY_SESSION_UNKNOWN"), "twice");
});

t.test("another's session is hidden from everybody but the security administrator", async (t) => {
  const ana = await tokensOf("ana");
  const { id: account, session = "" } = await callerOf(ana);
  for (const login of ["boss", "platform-admin", "audit-admin"]) {
    const caller = await signIn(login);
    t.match(await identity.listSessions(caller, account), refused("ACCESS_DENIED"), login);
    t.match(await identity.endSession(caller, session), refused("IDENTITY_SESSION_UNKNOWN"), login);
    t.match(await identity.endSession(caller, "ses_00000000000000000000000000"), refused("IDENTITY_SESSION_UNKNOWN"));
  }
  const security = await signIn("security-admin");
  const { items } = expectValue(await identity.listSessions(security, account));
  t.ok(items.some(({ id }) => id === session));
  t.match(await identity.listSessions(security, "nul\u0000"), refused("IDENTITY_ACCOUNT_UNKNOWN"));
  t.equal(await identity.endSession(security, session), undefined);
  t.match(await identity.authenticate(ana.accessToken), refused("IDENTITY_TOKEN_INVALID"));
  const leaves = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival", "desc").execute();
  const ends = leaves
    .map(({ leaf }) => JSON.parse(leaf.toString()))
    .filter(({ object, type }) => object === session && type === "session.revoked");
  t.match(ends, [{ actor: { id: security.id }, data: { because: "ended by an administrator" } }]);
});

t.test("a change of password ends the other sessions, and needs the old one", async (t) => {
  const [here, there] = [await tokensOf("ben"), await tokensOf("ben")];
  const newPassword = "five geese walk home at dusk";
  const change = async (password: string, wanted = newPassword) =>
    identity.changePassword(await callerOf(here), { password, newPassword: wanted });
  t.match(await change("not the right pass phrase"), refused("IDENTITY_PASSWORD_WRONG"));
  t.match(await change(passwordOf("ben"), passwordOf("ben")), refused("IDENTITY_PASSWORD_WEAK"), "the old one again");
  t.match(await change(passwordOf("ben"), "short"), refused("IDENTITY_PASSWORD_WEAK"));
  t.match(await change(passwordOf("ben"), "password123456"), refused("IDENTITY_PASSWORD_LISTED"));
  t.equal(await change(passwordOf("ben")), undefined);
  expectValue(await identity.authenticate(here.accessToken));
  t.match(await identity.authenticate(there.accessToken), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.login({ login: "ben", password: passwordOf("ben") }), refused("IDENTITY_LOGIN_REFUSED"));
  await signInWithPassword(identity, "ben", newPassword);
});

t.test("of two changes of a password at one moment one is made", async (t) => {
  const tokens = await signInWithPassword(identity, "ben", "five geese walk home at dusk");
  const caller = await callerOf(tokens);
  const wanted = ["six geese walk home at dawn", "ten geese walk home at noon"];
  const answers = await Promise.all(
    wanted.map((newPassword) => identity.changePassword(caller, { password: "five geese walk home at dusk", newPassword })),
  );
  t.equal(answers.filter((answer) => answer === undefined).length, 1);
  t.match(
    answers.find((answer) => answer !== undefined),
    refused("IDENTITY_PASSWORD_WRONG"),
  );
});
