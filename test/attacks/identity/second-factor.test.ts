import t from "tap";
import { totpCode } from "../../../scripts/demo/authenticator.ts";
import type { SecondFactorAsked, SignedIn } from "../../../src/identity/index.ts";
import { openTestIdentity, passwordOf, signInWithPassword } from "../../support/identity.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestIdentity(t);
const { identity, another, populate, authenticatorOf, signIn, tokensOf, settings, clock, store, ids, random } = fixture;
await populate("operator", "冀数运营", { ana: ["analyst"], ben: ["analyst"], cai: ["analyst"], boss: ["operator-admin"] });
await populate("agency", "省数据局", { rev: ["reviewer"] });

/** Whatever is wrong, this is what is told. */
const refusal = { kind: "refused", code: "IDENTITY_LOGIN_REFUSED" };
const stepNow = () => Math.floor(clock.now().getTime() / 30_000);
const callerOf = async ({ accessToken }: SignedIn) => expectValue(await identity.authenticate(accessToken));
const asked = async (login: string): Promise<SecondFactorAsked> => {
  const answer = expectValue(await identity.login({ login, password: passwordOf(login) }));
  if (!("ticket" in answer)) throw new Error("no second factor was asked for");
  return answer;
};
const failures = async (login: string) =>
  (await store.db.selectFrom("account").select("failed_logins").where("login", "=", login).executeTakeFirstOrThrow())
    .failed_logins;
/** A code that is not one of those taken now. */
const wrongCode = (secret: string): string => {
  const taken = new Set([-1, 0, 1].map((apart) => totpCode(secret, stepNow() + apart)));
  return ["000000", "111111", "222222", "333333"].find((code) => !taken.has(code)) ?? "";
};
async function enrolTotp(login: string): Promise<string> {
  const tokens = await signInWithPassword(identity, login);
  const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "totp", label: "app" }));
  if (begun.kind !== "totp") throw new Error("an app was asked for");
  const proof = { totp: totpCode(begun.secret, stepNow()) };
  expectValue(await identity.confirmFactor(await callerOf(tokens), { factor: begun.id, proof }));
  return begun.secret;
}

const secretOfAna = await enrolTotp("ana");
const secretOfBen = await enrolTotp("ben");
const secretOfCai = await enrolTotp("cai");
/** As long as a wait can last. */
const waitOut = () => clock.advance(settings.lockoutMaxMs);

t.test("a code that was used is not taken again, nor one of a step before it", async (t) => {
  const show = async (totp: string) => identity.showSecondFactor({ ticket: (await asked("ana")).ticket, proof: { totp } });
  t.strictSame(await show(totpCode(secretOfAna, stepNow())), refusal, "used by the enrolment");
  t.strictSame(await show(totpCode(secretOfAna, stepNow() - 1)), refusal, "before it");
  clock.advance(60_000);
  expectValue(await show(totpCode(secretOfAna, stepNow() + 1)));
  t.strictSame(await show(totpCode(secretOfAna, stepNow() + 1)), refusal, "seen over a shoulder");
  t.strictSame(await show(totpCode(secretOfAna, stepNow())), refusal, "an unused one, but older");
});

t.test("one code shown several times at one moment, through two gateways, opens one session", async (t) => {
  const gateways = [identity, await another()];
  for (let round = 0; round < 5; round++) {
    waitOut();
    const tickets: string[] = [];
    for (let at = 0; at < 4; at++) tickets.push((await asked("ana")).ticket);
    const totp = totpCode(secretOfAna, stepNow());
    const answers = await Promise.all(
      tickets.map((ticket, at) => gateways[at % 2]?.showSecondFactor({ ticket, proof: { totp } })),
    );
    const refused = answers.filter((answer) => answer === undefined || !("accessToken" in answer));
    t.strictSame(refused, [refusal, refusal, refusal], `round ${round}`);
  }
});

t.test("who has the password gets as many tries at the factor as at a password, and no new ones by the password", async (t) => {
  waitOut();
  const before = await failures("ben");
  for (let attempt = before; attempt < settings.lockoutThreshold; attempt++) {
    const { ticket } = await asked("ben");
    t.strictSame(await identity.showSecondFactor({ ticket, proof: { totp: wrongCode(secretOfBen) } }), refusal);
    t.equal(await failures("ben"), attempt + 1, "a right password in between forgets nothing");
  }
  t.strictSame(await identity.login({ login: "ben", password: passwordOf("ben") }), refusal, "the account waits");
});

t.test("while the account waits a right factor leaves the trace of a wrong one", async (t) => {
  waitOut();
  const tickets = [(await asked("ben")).ticket, (await asked("ben")).ticket];
  await identity.login({ login: "ben", password: "not the right pass phrase" });
  const seen = async () =>
    (await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute()).map(({ leaf }) => leaf);
  const traceOf = async (ticket: string, totp: string) => {
    const before = (await seen()).length;
    const answer = await identity.showSecondFactor({ ticket, proof: { totp } });
    const left = (await seen()).slice(before).map((leaf) => {
      const { id: _id, salt: _salt, at: _at, ...rest } = JSON.parse(leaf.toString());
      return rest;
    });
    return { answer, left, failures: await failures("ben") };
  };
  const right = await traceOf(tickets[0] ?? "", totpCode(secretOfBen, stepNow()));
  t.strictSame(right, await traceOf(tickets[1] ?? "", wrongCode(secretOfBen)));
  t.strictSame(right.answer, refusal);
});

t.test("a thousand guesses with one ticket are one guess, and all of them count", async (t) => {
  waitOut();
  const { ticket } = await asked("cai");
  const right = totpCode(secretOfCai, stepNow());
  const guesses = Array.from({ length: 200 }, (_, at) => String(at).padStart(6, "0")).filter((guess) => guess !== right);
  const before = await failures("cai");
  const gateways = [identity, await another()];
  const answers = await Promise.all(
    [...guesses, right].map((totp, at) => gateways[at % 2]?.showSecondFactor({ ticket, proof: { totp } })),
  );
  for (const answer of answers) t.strictSame(answer, refusal, "the right one among them too");
  t.ok((await failures("cai")) - before >= settings.lockoutThreshold, "far beyond the threshold");
  waitOut();
});

t.test("a ticket opens the account it was given for, once, within its time, and nothing else", async (t) => {
  waitOut();
  const show = (ticket: string, login: string, challenge = "") =>
    identity.showSecondFactor({ ticket, proof: { webauthn: authenticatorOf(login).get({ challenge }) } });
  const [boss, rev] = [await asked("boss"), await asked("rev")];
  t.strictSame(await show(boss.ticket, "rev", boss.webauthn?.challenge), refusal, "another's key for one's own ticket");
  t.strictSame(await show(boss.ticket, "boss", boss.webauthn?.challenge), refusal, "which used it up");
  t.strictSame(await show(rev.ticket, "boss", rev.webauthn?.challenge), refusal, "one's own key for another's ticket");

  const once = await asked("boss");
  expectValue(await show(once.ticket, "boss", once.webauthn?.challenge));
  t.strictSame(await show(once.ticket, "boss", once.webauthn?.challenge), refusal, "a second time");

  const late = await asked("boss");
  clock.advance(settings.secondFactorTtlMs);
  t.strictSame(await show(late.ticket, "boss", late.webauthn?.challenge), refusal, "to the millisecond");
  for (const ticket of ["", "hgt_", "hgt_never-given", `${late.ticket} `, "nul\u0000"])
    t.strictSame(await show(ticket, "boss", "x"), refusal, JSON.stringify(ticket));
});

t.test("tickets of logins and of sessions that show a factor again are not each other's", async (t) => {
  const [here, there] = [await signIn("boss"), await signIn("boss")];
  const again = await identity.askAgain(here);
  const webauthn = (challenge = "") => authenticatorOf("boss").get({ challenge });
  const proof = (ticket: SecondFactorAsked) => ({ webauthn: webauthn(ticket.webauthn?.challenge) });
  t.strictSame(await identity.showSecondFactor({ ticket: again.ticket, proof: proof(again) }), refusal, "a session's at a login");
  const no = { code: "IDENTITY_REAUTHENTICATION_REFUSED" };
  t.match(await identity.showAgain(there, { ticket: again.ticket, proof: proof(again) }), no, "another session's");
  const login = await asked("boss");
  t.match(await identity.showAgain(here, { ticket: login.ticket, proof: proof(login) }), no, "a login's");
  t.match(await identity.showAgain(here, { proof: proof(again) }), no, "none");
  const mine = await identity.askAgain(here);
  t.match(await identity.showAgain(here, { ticket: mine.ticket, proof: proof(mine) }), { recentUntil: /Z$/ });
});

t.test("a thief with the password of an enrolled account enrols nothing, and changes nothing", async (t) => {
  waitOut();
  const answer = expectValue(await identity.login({ login: "rev", password: passwordOf("rev") }));
  t.notOk("accessToken" in answer, "no session comes of it");
  // As if a login had raced the enrolment: a session that showed the password alone.
  const account = (await signIn("rev")).id;
  const session = ids.make("session");
  const refresh_hash = Buffer.from(random.bytes(32));
  const [now, expires_at] = [clock.now(), new Date(clock.now().getTime() + 3_600_000)];
  await store.db
    .insertInto("session")
    .values({ id: session, account_id: account, refresh_hash, previous_hash: null, created_at: now, expires_at, factor_at: now })
    .execute();
  const owner = await signIn("rev");
  const thief = { ...owner, session, roles: [], limit: "second-factor" as const };
  for (const kind of ["totp", "webauthn"] as const)
    t.match(await identity.beginFactor(thief, { kind, label: "mine" }), { code: "ACCESS_DENIED" }, kind);
  t.match(await identity.changePassword(thief, { password: passwordOf("rev"), newPassword: "five geese walk home at dusk" }), {
    code: "ACCESS_DENIED",
  });
  t.match(await identity.renewRecoveryCodes(thief), { code: "IDENTITY_FACTOR_UNKNOWN" });
  t.match(await identity.removeFactor(thief, (await identity.listFactors(owner)).items[0]?.id ?? ""), { code: "ACCESS_DENIED" });
  t.match(
    await identity.showAgain(thief, { proof: { password: passwordOf("rev") } }),
    { code: "IDENTITY_REAUTHENTICATION_REFUSED" },
    "nor does the password stand for the factor",
  );
});

t.test("a session from before the second factor was known opens nothing of its roles", async (t) => {
  waitOut();
  const tokens = await tokensOf("boss");
  const caller = await callerOf(tokens);
  await store.db
    .updateTable("session")
    .set({ second_factor: null, factor_at: null })
    .where("id", "=", caller.session ?? "")
    .execute();
  t.match(await callerOf(tokens), { roles: [], limit: "second-factor", recent: false });
  const { ticket, webauthn = { challenge: "" } } = await identity.askAgain(await callerOf(tokens));
  expectValue(
    await identity.showAgain(await callerOf(tokens), { ticket, proof: { webauthn: authenticatorOf("boss").get(webauthn) } }),
  );
  t.match(await callerOf(tokens), { roles: ["operator-admin"], limit: undefined, recent: true });
});

t.test("a new password ends logins that wait for the second factor", async (t) => {
  const { ticket, webauthn = { challenge: "" } } = await asked("boss");
  const newPassword = "five geese walk home at dusk";
  expectValue(await identity.changePassword(await signIn("boss"), { password: passwordOf("boss"), newPassword }));
  t.strictSame(await identity.showSecondFactor({ ticket, proof: { webauthn: authenticatorOf("boss").get(webauthn) } }), refusal);
});
