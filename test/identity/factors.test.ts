import t from "tap";
import { totpCode } from "../../scripts/demo/authenticator.ts";
import type { SecondFactorAsked, SignedIn } from "../../src/identity/index.ts";
import { openTestIdentity, passwordOf, signInWithPassword } from "../support/identity.ts";
import { SoftwareAuthenticator } from "../support/software-authenticator.ts";
import { expectValue } from "../support/value.ts";

const refused = (code: string) => ({ kind: "refused", code });
const fixture = await openTestIdentity(t);
const { identity, another, signIn, tokensOf, populate, authenticatorOf, arrive, settings, clock, store } = fixture;
await populate("operator", "冀数运营", { ana: ["analyst"], ben: ["analyst"], boss: ["operator-admin"], duo: ["operator-admin"] });
await populate("agency", "省数据局", { off: ["agency-officer"], rev: ["reviewer"] });

const stepNow = () => Math.floor(clock.now().getTime() / 30_000);
const callerOf = async ({ accessToken }: SignedIn) => expectValue(await identity.authenticate(accessToken));
const asked = async (login: string): Promise<SecondFactorAsked> => {
  const answer = expectValue(await identity.login({ login, password: passwordOf(login) }));
  if (!("ticket" in answer)) throw new Error("no second factor was asked for");
  return answer;
};
/** Enrols an app in a session; gives its secret and what was answered. */
async function enrolTotp(tokens: SignedIn) {
  const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "totp", label: "手机" }));
  if (begun.kind !== "totp") throw new Error("an app was asked for");
  const proof = { totp: totpCode(begun.secret, stepNow()) };
  const enrolled = expectValue(await identity.confirmFactor(await callerOf(tokens), { factor: begun.id, proof }));
  return { id: begun.id, secret: begun.secret, codes: enrolled.recoveryCodes ?? [] };
}
async function eventsOf(type: string): Promise<readonly Record<string, unknown>[]> {
  const leaves = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return leaves.map(({ leaf }) => JSON.parse(leaf.toString())).filter((event) => event.type === type);
}

t.test("an analyst needs no second factor, and may have one", async (t) => {
  const before = await signInWithPassword(identity, "ana");
  const elsewhere = await signInWithPassword(identity, "ana");
  const { secret, codes } = await enrolTotp(before);
  t.equal(new Set(codes).size, 10);
  t.match(await callerOf(before), { roles: ["analyst"], limit: undefined }, "the session that enrolled goes on");
  t.match(await identity.authenticate(elsewhere.accessToken), refused("IDENTITY_TOKEN_INVALID"), "one that showed less ends");

  const { secondFactor, ticket, webauthn } = await asked("ana");
  t.strictSame(secondFactor, ["totp", "recovery-code"]);
  t.equal(webauthn, undefined);
  const proof = { totp: totpCode(secret, stepNow() + 1) };
  const tokens = expectValue(await identity.showSecondFactor({ ticket, proof }));
  t.match(await callerOf(tokens), { roles: ["analyst"] });
  t.match((await eventsOf("session.opened")).at(-1), { data: { factors: ["password", "totp"] } });
});

t.test("several security keys, each good for a login", async (t) => {
  const tokens = await tokensOf("boss");
  const second = new SoftwareAuthenticator(settings.webOrigin, settings.webauthnRpId);
  const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "webauthn", label: "备用" }));
  if (begun.kind !== "webauthn") throw new Error("a key was asked for");
  t.match(begun.publicKey, {
    rp: { id: "localhost" },
    attestation: "none",
    authenticatorSelection: { userVerification: "required" },
    excludeCredentials: [{ id: authenticatorOf("boss").id.toString("base64url") }],
  });
  const enrolled = expectValue(
    await identity.confirmFactor(await callerOf(tokens), {
      factor: begun.id,
      proof: { webauthn: second.create(begun.publicKey) },
    }),
  );
  t.equal(enrolled.recoveryCodes, undefined, "codes come with the first factor only");
  for (const key of [authenticatorOf("boss"), second, authenticatorOf("boss")]) {
    const { ticket, webauthn = { challenge: "" } } = await asked("boss");
    t.match(webauthn, { userVerification: "required", rpId: "localhost" });
    expectValue(await identity.showSecondFactor({ ticket, proof: { webauthn: key.get(webauthn) } }));
  }
  t.equal((await identity.listFactors(await signIn("boss"))).items.length, 2);
});

t.test("a second app takes the place of the first; more than ten factors are refused", async (t) => {
  const tokens = await tokensOf("off");
  const first = await enrolTotp(tokens);
  clock.advance(30_000);
  const second = await enrolTotp(tokens);
  const kinds = (await identity.listFactors(await callerOf(tokens))).items.map(({ id, kind }) => (kind === "totp" ? id : kind));
  t.strictSame(new Set(kinds), new Set([second.id, "webauthn"]));
  const row = await store.db.selectFrom("factor").select("secret_sealed").where("id", "=", first.id).executeTakeFirstOrThrow();
  t.equal(row.secret_sealed, null, "and its secret is gone");
  for (let more = 0; more < 8; more++) {
    const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "webauthn", label: `${more}` }));
    if (begun.kind !== "webauthn") throw new Error("a key was asked for");
    const webauthn = new SoftwareAuthenticator(settings.webOrigin, settings.webauthnRpId).create(begun.publicKey);
    expectValue(await identity.confirmFactor(await callerOf(tokens), { factor: begun.id, proof: { webauthn } }));
  }
  t.match(await identity.beginFactor(await callerOf(tokens), { kind: "totp", label: "x" }), refused("IDENTITY_FACTOR_LIMIT"));
});

t.test("the last factor stays while a role needs it; another may go, and ends the other sessions", async (t) => {
  const [here, elsewhere] = [await tokensOf("rev"), await tokensOf("rev")];
  const { items } = await identity.listFactors(await callerOf(here));
  const only = items[0]?.id ?? "";
  t.match(await identity.removeFactor(await callerOf(here), only), refused("IDENTITY_FACTOR_LAST"));
  const app = await enrolTotp(here);
  t.equal(await identity.removeFactor(await callerOf(here), only), undefined);
  t.match(await identity.authenticate(elsewhere.accessToken), refused("IDENTITY_TOKEN_INVALID"));
  t.match(await identity.removeFactor(await callerOf(here), only), refused("IDENTITY_FACTOR_UNKNOWN"), "not twice");
  t.match(await identity.removeFactor(await callerOf(here), app.id), refused("IDENTITY_FACTOR_LAST"));
  t.match(await identity.removeFactor(await signIn("boss"), app.id), refused("IDENTITY_FACTOR_UNKNOWN"), "not another's");
});

t.test("of two factors removed at one moment one stays, where a role needs it", async (t) => {
  const tokens = await tokensOf("duo");
  await enrolTotp(tokens);
  const caller = await callerOf(tokens);
  const { items } = await identity.listFactors(caller);
  const gateways = [identity, await another()];
  const answers = await Promise.all(items.map(({ id }, at) => gateways[at % 2]?.removeFactor(caller, id)));
  t.equal(answers.filter((answer) => answer === undefined).length, 1);
  t.equal((await identity.listFactors(caller)).items.length, 1);
});

t.test("a recovery code works once, a new set makes the old one worthless, and a code is its account's", async (t) => {
  const tokens = await signInWithPassword(identity, "ben");
  const { codes } = await enrolTotp(tokens);
  const show = async (login: string, recoveryCode = "") =>
    identity.showSecondFactor({ ticket: (await asked(login)).ticket, proof: { recoveryCode } });
  const typed = codes[0]?.toUpperCase().replaceAll("-", " ");
  const recovered = expectValue(await show("ben", typed));
  t.match(await callerOf(recovered), { login: "ben", roles: ["analyst"] }, "however it was typed");
  t.match(await show("ben", codes[0]), refused("IDENTITY_LOGIN_REFUSED"), "once");
  t.match(await show("boss", codes[1]), refused("IDENTITY_LOGIN_REFUSED"), "another's");
  t.equal((await identity.listFactors(await callerOf(recovered))).recoveryCodesLeft, 9);
  const renewed = expectValue(await identity.renewRecoveryCodes(await callerOf(recovered)));
  t.match(await show("ben", codes[1]), refused("IDENTITY_LOGIN_REFUSED"), "of the old set");
  expectValue(await show("ben", renewed.recoveryCodes[0]));
});

t.test("an account that gains a role enrols at its next request, and then goes on in the same session", async (t) => {
  await populate("operator", "晋数运营", { dee: ["analyst"] });
  const tokens = await signInWithPassword(identity, "dee");
  const { id } = await callerOf(tokens);
  const security = await signIn("security-admin");
  expectValue(await identity.assignRoles(security, { account: id, roles: ["analyst", "operator-admin"] }));
  t.match(await callerOf(tokens), { roles: [], limit: "enrolment" });
  await enrolTotp(tokens);
  t.match(await callerOf(tokens), { roles: ["analyst", "operator-admin"], limit: undefined });
});

t.test("who lost all is reset by the security administrator, and by nobody else, nor for oneself", async (t) => {
  const tokens = await tokensOf("boss");
  const boss = await callerOf(tokens);
  const security = await signIn("security-admin");
  t.match(await identity.resetFactors(await signIn("platform-admin"), boss.id), refused("ACCESS_DENIED"));
  t.match(await identity.resetFactors(security, security.id), refused("IDENTITY_ACCOUNT_UNKNOWN"));
  t.match(await identity.resetFactors(security, "usr_nobody"), refused("IDENTITY_ACCOUNT_UNKNOWN"));
  t.equal(await identity.resetFactors(security, boss.id), undefined);
  t.match(await identity.authenticate(tokens.accessToken), refused("IDENTITY_TOKEN_INVALID"), "sessions end");
  const again = await signInWithPassword(identity, "boss");
  t.match(await callerOf(again), { roles: [], limit: "enrolment" });
  await enrolTotp(again);
  t.match(await callerOf(again), { roles: ["operator-admin"] });
});

t.test("an enrolment is confirmed in the session that began it, within its time, once", async (t) => {
  await populate("operator", "豫数运营", { eve: ["operator-admin"] });
  const tokens = await tokensOf("eve");
  const begin = async () => {
    const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "totp", label: "x" }));
    return begun.kind === "totp" ? begun : { id: "", secret: "" };
  };
  const confirm = async (as: SignedIn, { id, secret }: { readonly id: string; readonly secret: string }) =>
    identity.confirmFactor(await callerOf(as), { factor: id, proof: { totp: totpCode(secret, stepNow()) } });
  const unknown = refused("IDENTITY_FACTOR_UNKNOWN");
  const begun = await begin();
  t.match(await confirm(await tokensOf("eve"), begun), unknown, "another session of the same account");
  t.match(await confirm(await tokensOf("off"), begun), unknown, "another account");
  const newer = await begin();
  t.match(await confirm(tokens, begun), unknown, "a newer one was begun");
  t.match(
    await identity.confirmFactor(await callerOf(tokens), { factor: newer.id, proof: { totp: "000000" } }),
    refused("IDENTITY_ENROLMENT_REFUSED"),
  );
  expectValue(await confirm(tokens, newer));
  t.match(await confirm(tokens, newer), unknown, "once");
  const late = await begin();
  clock.advance(settings.secondFactorTtlMs);
  t.match(await confirm(tokens, late), unknown, "too late, to the millisecond");
});

t.test("neither secrets nor codes are in the log or the store as they are", async (t) => {
  await populate("operator", "鲁数运营", { fay: ["analyst"] });
  const tokens = await signInWithPassword(identity, "fay");
  const { secret, codes } = await enrolTotp(tokens);
  const leaves = await store.db.selectFrom("audit_event").select("leaf").execute();
  const log = leaves.map(({ leaf }) => leaf.toString()).join("\n");
  const rows = JSON.stringify([
    await store.db.selectFrom("factor").selectAll().execute(),
    await store.db.selectFrom("recovery_code").selectAll().execute(),
    await store.db.selectFrom("factor_ticket").selectAll().execute(),
  ]);
  for (const text of [secret, codes[0] ?? "-", (codes[0] ?? "-").replaceAll("-", ""), tokens.refreshToken]) {
    t.notOk(log.includes(text));
    t.notOk(rows.includes(text));
  }
});

t.test("who does not arrive with a password of the own opens nothing", async (t) => {
  const platform = await signIn("platform-admin");
  const { id } = expectValue(
    await identity.createAccount(platform, {
      login: "gil",
      name: "gil",
      organisation: platform.organisation,
      password: `given at first: ${passwordOf("gil")}`,
    }),
  );
  const tokens = await signInWithPassword(identity, "gil", `given at first: ${passwordOf("gil")}`);
  t.match(await callerOf(tokens), { id, roles: [], limit: "password-change" });
  t.match(await identity.beginFactor(await callerOf(tokens), { kind: "totp", label: "x" }), refused("ACCESS_DENIED"));
  t.match(await identity.listSessions(await callerOf(tokens)), refused("ACCESS_DENIED"));
  await arrive("gil");
  t.match(await signIn("gil"), { limit: undefined });
});
