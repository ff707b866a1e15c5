import { createHmac, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import t from "tap";
import { openTestIdentity } from "../../support/identity.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestIdentity(t);
const { identity, keys, clock, populate, signIn, tokensOf } = fixture;
await populate("operator", "冀数运营", { mallory: ["analyst"] });

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (part: string | undefined): Record<string, unknown> => JSON.parse(Buffer.from(part ?? "", "base64url").toString());
const { privateKey, publicBytes } = await keys.signing("token-signing");
const someoneElse = (await signIn("platform-admin")).id;
const { accessToken } = await tokensOf("mallory");
const [head, body, signature] = accessToken.split(".");
const header = decode(head);
const claims = decode(body);
const signed = (h: object, c: object, key = privateKey): string => {
  const text = `${encode(h)}.${encode(c)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
};
const other = createPrivateKey(generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }));

t.test("the forger's own signing works, so that what follows proves something", async (t) => {
  t.match(await identity.authenticate(signed(header, claims)), { kind: "account", login: "mallory" });
});

const hmac = (): string => {
  const text = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", publicBytes).update(text).digest("base64url")}`;
};
const without = (name: string): object => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

const forgeries: Readonly<Record<string, string>> = {
  "no signature": `${head}.${body}.`,
  "alg none": `${encode({ ...header, alg: "none" })}.${body}.`,
  "alg none with the old signature": `${encode({ ...header, alg: "none" })}.${body}.${signature}`,
  "HMAC keyed with the public key": hmac(),
  "another key": signed(header, claims, other),
  "another audience": signed(header, { ...claims, aud: "other-api" }),
  "another issuer": signed(header, { ...claims, iss: "other" }),
  "another type": signed({ ...header, typ: "JWT" }, claims),
  "another key id": signed({ ...header, kid: "other" }, claims),
  "no key id": signed({ alg: "EdDSA", typ: "at+jwt" }, claims),
  "a key of its own inside": signed(
    { ...header, jwk: { kty: "OKP", crv: "Ed25519", x: "AAAA" } },
    { ...claims, aud: "x" },
    other,
  ),
  "expired this second": signed(header, { ...claims, exp: Math.floor(clock.now().getTime() / 1000) }),
  "issued in the future": signed(header, { ...claims, iat: Number(claims["iat"]) + 60 }),
  "a life longer than tokens have": signed(header, { ...claims, iat: Number(claims["iat"]) - 601 }),
  "no time of issue": signed(header, without("iat")),
  "no id of its own": signed(header, without("jti")),
  "a critical header unknown to us": signed({ ...header, crit: ["exp"], exp: 1 }, claims),
  "several audiences, none ours": signed(header, { ...claims, aud: ["a", "b"] }),
  "no expiry": signed(header, without("exp")),
  "no session": signed(header, without("sid")),
  "an unknown session": signed(header, { ...claims, sid: "ses_00000000000000000000000000" }),
  "another account under this session": signed(header, { ...claims, sub: someoneElse }),
  "a session that is no text": signed(header, { ...claims, sid: 7 }),
  "a body changed": `${head}.${encode({ ...claims, sub: "usr_0" })}.${signature}`,
  "cut short": accessToken.slice(0, -4),
  "a fourth part": `${accessToken}.x`,
  "not a token": "hello",
  "the empty text": "",
  "a megabyte": "a".repeat(1_000_000),
};

for (const [name, token] of Object.entries(forgeries))
  t.test(`a token with ${name} is refused like any other`, async (t) => {
    t.strictSame(await identity.authenticate(token), { kind: "refused", code: "IDENTITY_TOKEN_INVALID" });
  });

t.test("organisation and roles in a token are for show: the store decides", async (t) => {
  const dressed = signed(header, { ...claims, roles: ["platform-admin", "reviewer"], org: "org_elsewhere" });
  const caller = expectValue(await identity.authenticate(dressed));
  t.strictSame(caller.roles, ["analyst"]);
  t.not(caller.organisation, "org_elsewhere");
});

t.test("two tokens of one moment differ", async (t) => {
  const [one, two] = [await tokensOf("mallory"), await tokensOf("mallory")];
  t.not(one.accessToken, two.accessToken);
  t.not(one.refreshToken, two.refreshToken);
});

t.test("a token ends with its session, at once", async (t) => {
  const signedIn = await tokensOf("mallory");
  await identity.logout(expectValue(await identity.authenticate(signedIn.accessToken)));
  t.match(await identity.authenticate(signedIn.accessToken), { code: "IDENTITY_TOKEN_INVALID" });
});

t.test("roles taken away are gone from a token that is still valid", async (t) => {
  const security = await signIn("security-admin");
  const mallory = expectValue(await identity.authenticate(accessToken));
  t.strictSame(mallory.roles, ["analyst"]);
  expectValue(await identity.assignRoles(security, { account: mallory.id, roles: [] }));
  t.strictSame(expectValue(await identity.authenticate(accessToken)).roles, []);
});

t.test("a disabled account's token is worth nothing", async (t) => {
  const security = await signIn("security-admin");
  const mallory = expectValue(await identity.authenticate(accessToken));
  expectValue(await identity.disableAccount(security, { account: mallory.id }));
  t.strictSame(await identity.authenticate(accessToken), { kind: "refused", code: "IDENTITY_TOKEN_INVALID" });
});
