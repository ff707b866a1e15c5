import t from "tap";
import type { AssertionAnswer, NewCredentialAnswer, SignedIn } from "../../../src/identity/index.ts";
import { openTestIdentity, passwordOf } from "../../support/identity.ts";
import { type Misbehaviour, SoftwareAuthenticator } from "../../support/software-authenticator.ts";
import { expectValue } from "../../support/value.ts";

const { identity, populate, authenticatorOf, tokensOf, settings, clock, store } = await openTestIdentity(t);
await populate("operator", "冀数运营", { boss: ["operator-admin"], mallory: ["operator-admin"] });

const refusal = { kind: "refused", code: "IDENTITY_LOGIN_REFUSED" };
const key = authenticatorOf("boss");
const callerOf = async ({ accessToken }: SignedIn) => expectValue(await identity.authenticate(accessToken));
const newKey = () => new SoftwareAuthenticator(settings.webOrigin, settings.webauthnRpId);
const counterKept = async () => {
  const row = await store.db
    .selectFrom("factor")
    .select("counter")
    .where("credential_id", "=", key.id.toString("base64url"))
    .executeTakeFirstOrThrow();
  return Number(row.counter);
};

async function signIn(answerOf: (challenge: string) => AssertionAnswer, login = "boss") {
  clock.advance(settings.lockoutMaxMs);
  const asked = expectValue(await identity.login({ login, password: passwordOf(login) }));
  if (!("ticket" in asked)) throw new Error("no second factor was asked for");
  return identity.showSecondFactor({ ticket: asked.ticket, proof: { webauthn: answerOf(asked.webauthn?.challenge ?? "") } });
}

const assertions: Readonly<Record<string, Misbehaviour>> = {
  "made for another origin (phishing)": { origin: "http://localhost.evil.example:7310" },
  "made for the same host over another port": { origin: "http://localhost:7311" },
  "made for another relying party": { rpId: "evil.example" },
  "without the user verified": { userVerified: false },
  "without the user present": { userPresent: false },
  "over another challenge": { challenge: Buffer.from("another").toString("base64url") },
  "of an enrolment": { type: "webauthn.create" },
  "signed by another key": { foreignKey: true },
  "made in a frame of another site": { crossOriginIn: "https://evil.example" },
};

t.test("the authenticator's own answers are taken, so that what follows proves something", async (t) => {
  t.match(await signIn((challenge) => key.get({ challenge })), { accessToken: /^ey/ });
});

for (const [name, wrong] of Object.entries(assertions))
  t.test(`an answer ${name} opens nothing`, async (t) => {
    t.strictSame(await signIn((challenge) => key.get({ challenge }, wrong)), refusal);
  });

t.test("a counter that does not rise is a copy of the key", async (t) => {
  const kept = await counterKept();
  for (const counter of [kept, kept - 1, 0])
    t.strictSame(await signIn((challenge) => key.get({ challenge }, { counter })), refusal, String(counter));
  expectValue(await signIn((challenge) => key.get({ challenge }, { counter: kept + 1 })));
  t.equal(await counterKept(), kept + 1);
  t.strictSame(await signIn((challenge) => key.get({ challenge }, { counter: kept + 1 })), refusal, "the copy comes second");
  // The owner's key is behind its copy now: it answers again when it has passed it, which the owner sees as one refused login.
  expectValue(await signIn((challenge) => key.get({ challenge }, { counter: kept + 100 })));
});

t.test("an answer recorded from the wire is good for its own ticket only", async (t) => {
  let recorded: AssertionAnswer | undefined;
  const counter = (await counterKept()) + 1;
  expectValue(
    await signIn((challenge) => {
      recorded = key.get({ challenge }, { counter });
      return recorded;
    }),
  );
  t.strictSame(await signIn(() => recorded ?? key.get({ challenge: "" })), refusal);
});

t.test("parts that are no such thing are refused, and break nothing", async (t) => {
  const parts = [
    "",
    "AA",
    "e30",
    Buffer.from('{"type":"webauthn.get"}').toString("base64url"),
    "_".repeat(4000),
    "not base64url!",
  ];
  for (const part of parts)
    for (const name of ["clientDataJSON", "authenticatorData", "signature"] as const)
      t.strictSame(
        await signIn((challenge) => {
          const answer = key.get({ challenge });
          return { ...answer, response: { ...answer.response, [name]: part } };
        }),
        refusal,
        `${name} ${part.slice(0, 12)}`,
      );
  for (const id of ["", "AA", newKey().id.toString("base64url"), authenticatorOf("mallory").id.toString("base64url")])
    t.strictSame(await signIn((challenge) => ({ ...key.get({ challenge }), id, rawId: id })), refusal, `id ${id}`);
});

async function enrol(answerOf: (challenge: string) => NewCredentialAnswer, login = "mallory") {
  clock.advance(settings.lockoutMaxMs);
  const tokens = await tokensOf(login);
  const begun = expectValue(await identity.beginFactor(await callerOf(tokens), { kind: "webauthn", label: "key" }));
  if (begun.kind !== "webauthn") throw new Error("a key was asked for");
  const proof = { webauthn: answerOf(begun.publicKey.challenge) };
  return identity.confirmFactor(await callerOf(tokens), { factor: begun.id, proof });
}

const enrolments: Readonly<Record<string, Misbehaviour>> = {
  "for another origin": { origin: "https://evil.example" },
  "for another relying party": { rpId: "evil.example" },
  "without the user verified": { userVerified: false },
  "without the user present": { userPresent: false },
  "over another challenge": { challenge: "AAAA" },
  "of a login": { type: "webauthn.get" },
};

for (const [name, wrong] of Object.entries(enrolments))
  t.test(`an enrolment ${name} is refused`, async (t) => {
    t.match(await enrol((challenge) => newKey().create({ challenge }, wrong)), { code: "IDENTITY_ENROLMENT_REFUSED" });
  });

t.test("a key enrolled by somebody is not enrolled again, and its id cannot be claimed for another", async (t) => {
  t.match(await enrol((challenge) => key.create({ challenge })), { code: "IDENTITY_ENROLMENT_REFUSED" }, "the owner's key");
  const id = key.id.toString("base64url");
  t.match(
    await enrol((challenge) => ({ ...newKey().create({ challenge }), id, rawId: id })),
    { code: "IDENTITY_ENROLMENT_REFUSED" },
    "the owner's id over a key of one's own",
  );
  const good = newKey();
  for (const attestationObject of ["", "AA", "o2NmbXRkbm9uZQ", "_".repeat(8000)])
    t.match(
      await enrol((challenge) => {
        const answer = good.create({ challenge });
        return { ...answer, response: { ...answer.response, attestationObject } };
      }),
      { code: "IDENTITY_ENROLMENT_REFUSED" },
    );
  expectValue(await enrol((challenge) => good.create({ challenge })));
});

t.test("a platform whose relying party is no part of its origin does not start", async (t) => {
  const { createCredentials } = await import("../../../src/identity/simplewebauthn-credentials.ts");
  for (const rpId of ["evil.example", "guang.example", "sub.hanguang.example"])
    t.throws(() => createCredentials({ origin: "https://hanguang.example", rpId }), { code: "IDENTITY_RELYING_PARTY_FOREIGN" });
  for (const rpId of ["hanguang.example", "example"]) createCredentials({ origin: "https://hanguang.example:8443", rpId });
});
