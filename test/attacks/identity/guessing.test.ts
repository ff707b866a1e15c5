import t from "tap";
import { openTestIdentity, passwordOf } from "../../support/identity.ts";
import { expectValue } from "../../support/value.ts";

const { identity, another, clock, populate, signIn, tokensOf, store } = await openTestIdentity(t);
await populate("operator", "冀数运营", { victim: ["analyst"], patient: ["analyst"], racer: ["analyst"], gone: ["analyst"] });
const refusal = { kind: "refused", code: "IDENTITY_LOGIN_REFUSED" };

const events = async (): Promise<readonly Record<string, unknown>[]> => {
  const leaves = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return leaves.map(({ leaf }) => JSON.parse(leaf.toString()));
};
const failures = (login: string) =>
  store.db.selectFrom("account").select(["failed_logins", "locked_until"]).where("login", "=", login).executeTakeFirstOrThrow();

t.test("unknown, wrong, waiting and disabled are answered alike, and no typed text is recorded", async (t) => {
  const security = await signIn("security-admin");
  expectValue(await identity.disableAccount(security, { account: (await signIn("gone")).id }));
  for (const [login, password] of [
    ["correct horse battery staple", "whatever it may be"],
    ["nobody", "staple battery horse correct"],
    ["victim", "staple battery horse correct"],
    ["gone", passwordOf("gone")],
  ] as const)
    t.strictSame(await identity.login({ login, password }), refusal, login);
  t.notMatch(JSON.stringify(await events()), /correct horse|staple|nobody/);
});

t.test("parallel guesses through two gateways all count, and each is an event", async (t) => {
  const gateways = [identity, await another()];
  const before = await failures("victim");
  await Promise.all(
    Array.from({ length: 12 }, (_, at) => gateways[at % 2]?.login({ login: "victim", password: `guess number ${at} of many` })),
  );
  const after = await failures("victim");
  const { id } = await store.db.selectFrom("account").select("id").where("login", "=", "victim").executeTakeFirstOrThrow();
  const counted = (await events()).filter(
    ({ type, object, data }) => type === "login.refused" && object === id && data !== undefined,
  );
  t.equal(counted.length, after.failed_logins, "the count is the log's");
  t.ok(after.failed_logins >= 5 && after.failed_logins > before.failed_logins, "at least up to the threshold");
  t.ok(after.locked_until !== null && after.locked_until > clock.now());
});

t.test("while an account waits, a right guess leaves the trace of a wrong one", async (t) => {
  for (let attempt = 0; attempt < 5; attempt++) await identity.login({ login: "patient", password: "not the right pass phrase" });
  const waiting = await failures("patient");
  const traceOf = async (password: string) => {
    const seen = (await events()).length;
    const answer = await identity.login({ login: "patient", password });
    const left = (await events()).slice(seen).map(({ id: _id, salt: _salt, at: _at, ...rest }) => rest);
    return { answer, left, failures: await failures("patient") };
  };
  const right = await traceOf(passwordOf("patient"));
  t.strictSame(right, await traceOf("not the right pass phrase"));
  t.strictSame(right.answer, refusal);
  t.strictSame(right.failures, waiting, "an owner who tries again does not prolong the wait");
});

t.test("a right guess among more wrong ones than the threshold may come too late, and then opens nothing", async (t) => {
  const guesses = Array.from({ length: 9 }, (_, at) => (at === 8 ? passwordOf("racer") : `guess number ${at} of many`));
  const sessions = () =>
    store.db
      .selectFrom("session")
      .innerJoin("account", "account.id", "session.account_id")
      .select("session.id")
      .where("account.login", "=", "racer")
      .execute();
  const before = await sessions();
  const answers = await Promise.all(guesses.map((password) => identity.login({ login: "racer", password })));
  const opened = (await sessions()).slice(before.length);
  const letIn = answers.filter((answer) => "accessToken" in answer).length;
  t.equal(opened.length, letIn, "a refusal has no session");
  for (const answer of answers.slice(0, 8)) t.strictSame(answer, refusal);
});

t.test("a refresh token used twice at one moment is used once, and its session ends", async (t) => {
  for (let round = 0; round < 5; round++) {
    const first = await tokensOf("platform-admin");
    const answers = await Promise.all(
      [identity, await another(), identity].map((gateway) => gateway.refresh(first.refreshToken)),
    );
    const won = answers.filter((answer) => "accessToken" in answer);
    t.equal(won.length, 1);
    for (const { accessToken, refreshToken } of won) {
      t.match(await identity.authenticate(accessToken), { code: "IDENTITY_TOKEN_INVALID" });
      t.match(await identity.refresh(refreshToken), { code: "IDENTITY_REFRESH_REFUSED" });
    }
  }
});

t.test("two assignments at one moment never add up to roles held apart", async (t) => {
  const platform = await signIn("platform-admin");
  const security = await signIn("security-admin");
  const account = expectValue(
    await identity.createAccount(platform, {
      login: "ambitious",
      name: "志",
      organisation: platform.organisation,
      password: passwordOf("ambitious"),
    }),
  ).id;
  const gateways = [identity, await another()];
  for (let round = 0; round < 10; round++) {
    const wanted = [["platform-admin"], ["security-admin"], ["audit-admin"], []];
    const answers = await Promise.all(wanted.map((roles, at) => gateways[at % 2]?.assignRoles(security, { account, roles })));
    for (const answer of answers) expectValue(answer);
    const held = await store.db.selectFrom("account_role").select("role").where("account_id", "=", account).execute();
    t.ok(held.length <= 1, held.map(({ role }) => role).join());
  }
});
