import { createHmac, createPublicKey } from "node:crypto";
import t from "tap";
import { openTestFederation } from "../../support/federation.ts";
import { forge, makeKey, startIssuer } from "../../support/issuer.ts";
import { type Answer, poseAsIssuer, posedMetadata, sendJson } from "../../support/posed-issuer.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestFederation(t);
const { identity, issuer, entry, clock, restart, events, populate, signIn, operator } = fixture;
const [key = makeKey("none")] = issuer.keys;
const stranger = makeKey(key.kid);
const now = Math.floor(clock.now().getTime() / 1000);
const claims = { iss: issuer.url, aud: entry.audience, sub: "mallory", iat: now, exp: now + 600, groups: ["analysts"] };
const without = (name: string): object => Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const sound = forge(key, {}, claims);
const [head = "", body = "", signature = ""] = sound.split(".");
const publicKey = createPublicKey({ key: key.jwk, format: "jwk" });

t.test("the forger's own signing works, so that what follows proves something", async (t) => {
  t.match(await identity.authenticate(sound), { kind: "account", organisation: operator, roles: ["analyst"] });
});

const hmac = (secret: string | Buffer): string => {
  const text = `${encode({ alg: "HS256", typ: "at+jwt", kid: key.kid })}.${body}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};
const unsigned = `${encode({ alg: "none", typ: "at+jwt" })}.${body}`;

const forgeries: Readonly<Record<string, string>> = {
  "alg none": `${unsigned}.`,
  "alg none and a signature": `${unsigned}.${signature}`,
  "no signature": `${head}.${body}.`,
  "an HMAC keyed with the public key's PEM": hmac(publicKey.export({ format: "pem", type: "spki" }) as string),
  "an HMAC keyed with the public key's DER": hmac(publicKey.export({ format: "der", type: "spki" })),
  "an HMAC keyed with the key's modulus": hmac(Buffer.from(key.jwk.n ?? "", "base64url")),
  "another key under the issuer's key id": forge(stranger, {}, claims),
  "a key of its own inside": forge(stranger, { jwk: { kty: "RSA", n: stranger.jwk.n, e: "AQAB" }, kid: undefined }, claims),
  "the address of another key set": forge(stranger, { jku: "http://127.0.0.1:1/jwks", kid: "theirs" }, claims),
  "a certificate chain of its own": forge(stranger, { x5u: "http://127.0.0.1:1/x", x5c: ["AAAA"], kid: "theirs" }, claims),
  "another algorithm than configured": forge(key, { alg: "PS256" }, claims),
  "an algorithm of another case": forge(key, { alg: "rs256" }, claims),
  "the type of an ID token": forge(key, { typ: "JWT" }, claims),
  "no type": forge(key, { typ: undefined }, claims),
  "the type of a logout token": forge(key, { typ: "logout+jwt" }, claims),
  "an unknown critical header": forge(key, { crit: ["exp"], exp: 1 }, claims),
  "an unencoded payload asked for": forge(key, { b64: false, crit: ["b64"] }, claims),
  "another audience": forge(key, {}, { ...claims, aud: "https://elsewhere.example" }),
  "the client's id as audience": forge(key, {}, { ...claims, aud: entry.clientId }),
  "several audiences, none ours": forge(key, {}, { ...claims, aud: ["a", entry.clientId] }),
  "no audience": forge(key, {}, without("aud")),
  "a longer audience": forge(key, {}, { ...claims, aud: `${entry.audience}/` }),
  "an end before the clocks' difference": forge(key, {}, { ...claims, exp: now - 30 }),
  "no end": forge(key, {}, without("exp")),
  "an end that is text": forge(key, {}, { ...claims, exp: String(now + 600) }),
  "a beginning beyond the clocks' difference": forge(key, {}, { ...claims, nbf: now + 31 }),
  "an issue beyond the clocks' difference": forge(key, {}, { ...claims, iat: now + 31 }),
  "an age above the greatest": forge(key, {}, { ...claims, iat: now - 3631 }),
  "no issue": forge(key, {}, without("iat")),
  "no subject": forge(key, {}, without("sub")),
  "an empty subject": forge(key, {}, { ...claims, sub: "" }),
  "a subject that is a number": forge(key, {}, { ...claims, sub: 7 }),
  "a subject longer than issuers give": forge(key, {}, { ...claims, sub: "m".repeat(256) }),
  "a subject with a NUL": forge(key, {}, { ...claims, sub: "mallory\u0000" }),
  "a subject with a space at its end": forge(key, {}, { ...claims, sub: "mallory " }),
  "a holder's key to be proved": forge(key, {}, { ...claims, cnf: { jkt: "x" } }),
  "a body changed": `${head}.${encode({ ...claims, sub: "alice" })}.${signature}`,
  "cut short": sound.slice(0, -4),
  "a fourth part": `${sound}.x`,
  "more length than tokens have": forge(key, {}, { ...claims, more: "m".repeat(20_000) }),
};

for (const [name, token] of Object.entries(forgeries))
  t.test(`a token with ${name} is refused like any other, and the refusal is an event`, async (t) => {
    const before = (await events()).length;
    t.strictSame(await identity.authenticate(token), { kind: "refused", code: "IDENTITY_TOKEN_INVALID" });
    const [event] = (await events()).slice(before);
    // What does not even claim to be the issuer's is no refusal of the issuer's.
    if (name !== "more length than tokens have" && name !== "a fourth part")
      t.match(event, { type: "identity.refused", object: "oidc/province", data: { issuer: issuer.url } });
    t.notMatch(JSON.stringify(event ?? {}), /mallory|analysts/, "nothing of an unproved token enters the log");
  });

t.test("at the very edge of the clocks' difference a token is taken", async (t) => {
  for (const edge of [{ exp: now - 29 }, { nbf: now + 30 }, { iat: now + 30 }, { iat: now - 3630 }])
    t.match(await identity.authenticate(forge(key, {}, { ...claims, ...edge, sub: "edge" })), { kind: "account" });
});

t.test("a token whose issuer is not the configured one to the letter is nobody's", async (t) => {
  for (const iss of [
    `${issuer.url}/`,
    issuer.url.toUpperCase(),
    `${issuer.url}#`,
    ` ${issuer.url}`,
    "",
    null,
    [issuer.url],
    { a: 1 },
  ])
    t.strictSame(
      await identity.authenticate(forge(key, {}, { ...claims, iss })),
      { kind: "refused", code: "IDENTITY_TOKEN_INVALID" },
      JSON.stringify(iss),
    );
});

t.test("a real ID token is no access token", async (t) => {
  issuer.people.set("ida", { name: "ida", groups: ["analysts"] });
  const { id_token } = await issuer.tokens("ida");
  t.match(await identity.authenticate(id_token), { code: "IDENTITY_TOKEN_INVALID" });
});

t.test("no claim but group and subject says anything: not roles, organisation, account or session", async (t) => {
  const admin = await signIn("platform-admin");
  const dressed = {
    ...claims,
    sub: "dressed",
    roles: ["platform-admin"],
    org: admin.organisation,
    sid: admin.session,
    id: admin.id,
  };
  const caller = expectValue(await identity.authenticate(forge(key, {}, dressed)));
  t.match(caller, { organisation: operator, roles: ["analyst"] });
  t.equal(caller.session, undefined);
  t.not(caller.id, admin.id);
});

t.test("the subject of a local account, and of another issuer, is another person", async (t) => {
  const second = await startIssuer(t);
  await populate("operator", "晋数运营", { lee: ["analyst"] });
  const lee = await signIn("lee");
  const gateway = await restart(entry, { ...entry, name: "second", issuer: second.url });
  const [secondKey = stranger] = second.keys;
  const ids = [lee.id];
  for (const sub of ["lee", lee.id, lee.login])
    ids.push(
      expectValue(await gateway.authenticate(forge(key, {}, { ...claims, sub }))).id,
      expectValue(await gateway.authenticate(forge(secondKey, {}, { ...claims, sub, iss: second.url }))).id,
    );
  t.equal(new Set(ids).size, ids.length - 2, "`lee` stands twice for each issuer and is one person there");
  t.match(
    await gateway.authenticate(forge(secondKey, {}, claims)),
    { code: "IDENTITY_TOKEN_INVALID" },
    "one issuer's key signs nothing for the other",
  );
});

t.test("a group is a whole text: no part, no path, no object, no key of one", async (t) => {
  for (const groups of [
    "analysts,bosses",
    ["analysts "],
    ["Analysts"],
    [["analysts"]],
    { analysts: true },
    { 0: "analysts", length: 1 },
    [null, 7, {}],
    "__proto__",
    ["*"],
    [...Array.from({ length: 1000 }, (_, at) => `g${at}`), "analysts"],
  ])
    t.match(
      await identity.authenticate(forge(key, {}, { ...claims, sub: "grouped", groups })),
      { code: /IDENTITY_NOT_MAPPED|IDENTITY_TOKEN_INVALID/ },
      JSON.stringify(groups).slice(0, 60),
    );
});

t.test("a name from the issuer is cut and cleaned, whatever it holds", async (t) => {
  const named = async (sub: string, name: unknown) =>
    expectValue(await identity.authenticate(forge(key, {}, { ...claims, sub, name }))).name;
  t.equal(await named("n0", "a\u0000b\u202ec\nd"), "abcd");
  t.equal(await named("n1", "字".repeat(500)), "字".repeat(200));
  t.equal(await named("n2", "\ud800x"), "x");
  t.equal(await named("n3", "\u0000"), "n3");
  t.equal(await named("n4", { a: 1 }), "n4");
});

t.test("tokens with invented key ids do not make the platform ask the issuer again and again", async (t) => {
  const gateway = await restart(entry);
  expectValue(await gateway.authenticate(sound));
  const before = issuer.keyRequests();
  await Promise.all(
    Array.from({ length: 20 }, (_, at) => gateway.authenticate(forge(stranger, { kid: `invented-${at}` }, claims))),
  );
  t.equal(issuer.keyRequests(), before, "not within half a minute of the last answer");
  clock.advance(31_000);
  await Promise.all(Array.from({ length: 20 }, (_, at) => gateway.authenticate(forge(stranger, { kid: `more-${at}` }, claims))));
  t.equal(issuer.keyRequests(), before + 1);
});

t.test("settings that would let the wrong ones in stop the start, and say which entry and why", async (t) => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ issuer: "http://sso.hebei.example" }, /https/],
    [{ issuer: "https://user:secret@sso.hebei.example" }, /https/],
    [{ issuer: "http://127.0.0.1.evil.example" }, /https/],
    [{ redirectUris: ["http://evil.example/"] }, /evil\.example/],
    [{ audience: entry.clientId }, /differ/],
    [{ groups: [{ group: "g", organisation: operator, roles: ["platform-admin"] }] }, /platform-admin/],
    [{ groups: [{ group: "g", organisation: operator, roles: ["analyst", "security-admin"] }] }, /security-admin/],
    [{ groups: [{ group: "g", organisation: operator, roles: ["service"] }] }, /service/],
    [{ groups: [{ group: "g", organisation: operator, roles: ["wizard"] }] }, /wizard/],
  ];
  for (const [over, message] of wrong)
    await t.rejects(restart({ ...entry, ...over }), { code: "IDENTITY_ISSUER_SETTINGS", message });
  await t.rejects(restart(entry, { ...entry, name: "two" }), { message: /its `issuer`/ });
  await t.rejects(restart(entry, { ...entry, issuer: "https://two.example" }), { message: /its name/ });
});

t.test("a mapping to the platform's own organisation, or to one that is not there, lets nobody in", async (t) => {
  const platform = (await signIn("platform-admin")).organisation;
  for (const organisation of [platform, "org_00000000000000000000000000"]) {
    const gateway = await restart({ ...entry, groups: [{ group: "analysts", organisation, roles: ["analyst"] }] });
    t.match(await gateway.authenticate(forge(key, {}, { ...claims, sub: "lost" })), { code: "IDENTITY_NOT_MAPPED" });
  }
  await restart(entry);
});

const broken: Readonly<Record<string, Answer>> = {
  "calls itself another": (_path, response, url) =>
    sendJson(response, posedMetadata(url, { issuer: "https://sso.hebei.example" })),
  "differs from its name by a stroke": (_path, response, url) => sendJson(response, posedMetadata(url, { issuer: `${url}/` })),
  "names no keys": (_path, response, url) => sendJson(response, posedMetadata(url, { jwks_uri: undefined })),
  "has its keys where no TLS is": (_path, response, url) =>
    sendJson(response, posedMetadata(url, { jwks_uri: "http://sso.hebei.example/jwks" })),
  "has its keys in a file": (_path, response, url) => sendJson(response, posedMetadata(url, { jwks_uri: "file:///etc/passwd" })),
  "sends for its metadata elsewhere": (_path, response) => {
    response.writeHead(302, { location: `${issuer.url}/.well-known/openid-configuration` }).end();
  },
  "sends for its keys elsewhere": (path, response, url) =>
    path === "/jwks" ? response.writeHead(302, { location: `${issuer.url}/jwks` }).end() : sendJson(response, posedMetadata(url)),
  "answers with an error": (_path, response) => response.writeHead(500).end("no"),
  "answers for its keys with an error": (path, response, url) =>
    path === "/jwks" ? response.writeHead(404).end("{}") : sendJson(response, posedMetadata(url)),
  "answers with a page": (_path, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
  "answers for its keys with text": (path, response, url) =>
    path === "/jwks" ? response.end("keys") : sendJson(response, posedMetadata(url)),
  "answers for its keys with something else": (path, response, url) =>
    sendJson(response, path === "/jwks" ? { keys: "many" } : posedMetadata(url)),
  "answers without end": (_path, response) => {
    response.setHeader("content-type", "application/json");
    const more = (): void => {
      while (response.writable && response.write(" ".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  },
  "breaks off": (_path, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write("{");
    response.socket?.destroy();
  },
};

for (const [name, answer] of Object.entries(broken))
  t.test(`an issuer that ${name} lets nobody in`, async (t) => {
    const url = await poseAsIssuer(t, answer);
    const gateway = await restart({ ...entry, issuer: url });
    const token = forge(key, {}, { ...claims, iss: url });
    t.strictSame(await gateway.authenticate(token), { kind: "refused", code: "IDENTITY_ISSUER_UNREACHABLE" });
  });

t.test("a key of an issuer that is a shared secret, too small or malformed verifies nothing and breaks nothing", async (t) => {
  const small = { kty: "RSA", kid: key.kid, n: "AQAB", e: "AQAB" };
  const secret = { kty: "oct", kid: key.kid, k: Buffer.from("secret").toString("base64url"), alg: "HS256" };
  for (const jwk of [secret, small, { kty: "RSA", kid: key.kid }, { kid: key.kid }, null, 7]) {
    const url = await poseAsIssuer(t, (path, response, self) =>
      sendJson(response, path === "/jwks" ? { keys: [jwk] } : posedMetadata(self)),
    );
    const gateway = await restart({ ...entry, issuer: url });
    for (const token of [forge(key, {}, { ...claims, iss: url }), hmac("secret").replace(body, encode({ ...claims, iss: url }))])
      t.match(await gateway.authenticate(token), { kind: "refused" });
  }
});

t.test("an issuer's token that claims to be the platform's own is none", async (t) => {
  const { session } = await signIn("platform-admin");
  const ours = forge(key, {}, { ...claims, iss: "hanguang", aud: "hanguang-api", sid: session, jti: "x" });
  t.match(await identity.authenticate(ours), { code: "IDENTITY_TOKEN_INVALID" });
});
