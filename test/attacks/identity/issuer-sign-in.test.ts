import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openTestFederation } from "../../support/federation.ts";
import { clientSecret, forge, makeKey, redirectUri, startIssuer } from "../../support/issuer.ts";
import { poseAsIssuer, posedMetadata, sendJson } from "../../support/posed-issuer.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestFederation(t);
const { issuer, entry, operator, clock, restart, events, signIn, store, dataDir } = fixture;
const other = await startIssuer(t, { confidential: true });
const secretFile = join(dataDir, "client.secret");
await writeFile(secretFile, `${clientSecret}\n`, { mode: 0o600 });

// The issuers' time goes on while the test's stands: the greatest difference of clocks that can be set.
const province = {
  ...entry,
  redirectUris: [redirectUri],
  scope: "openid profile groups",
  sessionTtlMs: 3_600_000,
  clockSkewMs: 120_000,
};
/** A second issuer, with the same people and the same address to come back to. */
const city = { ...province, name: "city", issuer: other.url, clientSecretFile: secretFile };
const identity = await restart(province, city);
for (const { people } of [issuer, other]) {
  people.set("alice", { name: "爱丽丝", groups: ["analysts"] });
  people.set("boss", { name: "老板", groups: ["bosses"] });
  people.set("mallory", { name: "mallory", groups: ["chess-club"] });
}
const refused = { kind: "refused", code: "IDENTITY_SIGN_IN_REFUSED" };
const last = async () => (await events()).at(-1);
const begin = async (name = "province") => expectValue(await identity.startSignIn(name));
/** A sign-in of that person up to the moment the browser is back. */
const goThere = async (subject = "alice", at = issuer, name = "province") => {
  const { authorizationUrl, transaction } = await begin(name);
  return { transaction, callback: await at.browse(authorizationUrl, subject) };
};
const changed = (callback: string, change: (parameters: URLSearchParams) => void): string => {
  const url = new URL(callback);
  change(url.searchParams);
  return url.href;
};

t.test("a person signs in at a real issuer and has a session of the platform", async (t) => {
  for (const [name, at] of [
    ["province", issuer],
    ["city", other],
  ] as const) {
    const signedIn = expectValue(await identity.finishSignIn(name, await goThere("alice", at, name)));
    const caller = expectValue(await identity.authenticate(signedIn.accessToken));
    t.match(caller, { organisation: operator, roles: ["analyst"], name: "爱丽丝", session: /^ses_/ });
    const opened = (await events()).find((event) => event["object"] === caller.session);
    t.match(opened, { type: "session.opened", actor: { id: caller.id, issuer: at.url }, data: { factors: ["issuer"] } });
    expectValue(await identity.refresh(signedIn.refreshToken));
    await identity.logout(caller);
    t.match(await identity.authenticate(signedIn.accessToken), { code: "IDENTITY_TOKEN_INVALID" });
  }
  t.match(identity.listIssuers(), [
    { name: "province", issuer: issuer.url, redirectUris: [redirectUri] },
    { name: "city", issuer: other.url },
  ]);
});

t.test("who needs a second factor enrols one here: the issuer's word is the first, and no password is the other", async (t) => {
  const signedIn = expectValue(await identity.finishSignIn("province", await goThere("boss")));
  const caller = expectValue(await identity.authenticate(signedIn.accessToken));
  t.match(caller, { limit: "enrolment", roles: [] });
  for (const password of ["", "null", "undefined"]) {
    t.match(await identity.showAgain(caller, { proof: { password } }), { code: "IDENTITY_REAUTHENTICATION_REFUSED" });
    t.match(await identity.changePassword(caller, { password, newPassword: "a long pass phrase of nobody" }), {
      kind: "refused",
    });
  }
  const { password_hash } = await store.db
    .selectFrom("account")
    .select("password_hash")
    .where("id", "=", caller.id)
    .executeTakeFirstOrThrow();
  t.equal(password_hash, null);
});

t.test(
  "the request carries PKCE, state and nonce, anew each time, and none of the secrets is in the transaction to read",
  async (t) => {
    const seen = new Set<string>();
    for (let time = 0; time < 3; time++) {
      const { authorizationUrl, transaction } = await begin();
      const { searchParams } = new URL(authorizationUrl);
      t.match(Object.fromEntries(searchParams), {
        response_type: "code",
        client_id: "hanguang",
        redirect_uri: redirectUri,
        scope: "openid profile groups",
        code_challenge_method: "S256",
      });
      for (const name of ["state", "nonce", "code_challenge"]) {
        const value = searchParams.get(name) ?? "";
        t.match(value, /^[A-Za-z0-9_-]{43}$/);
        seen.add(value);
        t.notOk(Buffer.from(transaction, "base64url").includes(value));
      }
    }
    t.equal(seen.size, 9);
  },
);

t.test("a sign-in ends once: not the transaction, not the code, not both at one moment", async (t) => {
  const done = await goThere();
  expectValue(await identity.finishSignIn("province", done));
  t.match(await identity.finishSignIn("province", done), refused);

  const racing = await goThere();
  const answers = await Promise.all(
    [identity, await restart(province, city), identity].map((gateway) => gateway.finishSignIn("province", racing)),
  );
  t.ok(answers.filter((answer) => "accessToken" in answer).length <= 1, "the issuer may take a code back that came twice");
});

t.test("a transaction opens one session even where the issuer gives a second code for it", async (t) => {
  const { authorizationUrl, transaction } = await begin();
  const [first, second] = [await issuer.browse(authorizationUrl, "alice"), await issuer.browse(authorizationUrl, "alice")];
  expectValue(await identity.finishSignIn("province", { transaction, callback: first }));
  t.match(await identity.finishSignIn("province", { transaction, callback: second }), refused);
  t.match(await last(), { type: "login.refused", data: { because: /used before/ } });
});

t.test("an answer to another sign-in, or with its state changed, ends none", async (t) => {
  const [mine, theirs] = [await goThere(), await goThere("boss")];
  for (const callback of [
    theirs.callback,
    changed(mine.callback, (q) => q.set("state", new URL(theirs.callback).searchParams.get("state") ?? "")),
    changed(mine.callback, (q) => q.delete("state")),
    changed(mine.callback, (q) => q.set("state", "")),
    changed(mine.callback, (q) => q.append("state", "x")),
    // Login CSRF: the attacker's code in the victim's sign-in. PKCE, not state, is what stops it here.
    changed(mine.callback, (q) => q.set("code", new URL(theirs.callback).searchParams.get("code") ?? "")),
    changed(mine.callback, (q) => q.set("code", "invented")),
    changed(mine.callback, (q) => q.delete("code")),
    changed(mine.callback, (q) => q.append("code", "second")),
  ]) {
    t.strictSame(await identity.finishSignIn("province", { ...mine, callback }), refused, callback);
    t.match(await last(), { type: "login.refused", code: "IDENTITY_SIGN_IN_REFUSED", data: { issuer: issuer.url } });
  }
});

t.test("two issuers are not mixed up, whichever one's answer comes to whichever one's sign-in", async (t) => {
  const [atProvince, atCity] = [await goThere("alice", issuer, "province"), await goThere("alice", other, "city")];
  const mixed = [
    ["city", atProvince],
    ["province", atCity],
    ["province", { transaction: atProvince.transaction, callback: atCity.callback }],
    ["city", { transaction: atCity.transaction, callback: atProvince.callback }],
  ] as const;
  for (const [name, request] of mixed) t.strictSame(await identity.finishSignIn(name, request), refused);

  // A hostile issuer sends its victim on to the honest one, with the state of the sign-in at itself (RFC 9207).
  const atHostile = await begin("city");
  const state = new URL(atHostile.authorizationUrl).searchParams.get("state") ?? "";
  const relayed = changed(atHostile.authorizationUrl.replace(other.url, issuer.url), (q) => q.set("state", state));
  const callback = await issuer.browse(relayed, "alice");
  t.equal(new URL(callback).searchParams.get("state"), state, "the honest issuer answered, and the state is right");
  t.strictSame(await identity.finishSignIn("city", { transaction: atHostile.transaction, callback }), refused);
  for (const change of [(q: URLSearchParams) => q.delete("iss"), (q: URLSearchParams) => q.set("iss", other.url)])
    t.strictSame(
      await identity.finishSignIn("city", { transaction: atHostile.transaction, callback: changed(callback, change) }),
      refused,
    );
});

t.test("a transaction that is another's, altered, old or none opens nothing", async (t) => {
  const { transaction, callback } = await goThere();
  const bytes = Buffer.from(transaction, "base64url");
  for (const at of [0, 1, 20, bytes.length - 1]) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    t.strictSame(await identity.finishSignIn("province", { transaction: flipped.toString("base64url"), callback }), refused);
  }
  for (const text of ["", "AAAA", transaction.slice(0, -8), `${transaction}AAAA`])
    t.strictSame(await identity.finishSignIn("province", { transaction: text, callback }), refused);
  const before = clock.now();
  clock.advance(600_000);
  t.strictSame(await identity.finishSignIn("province", { transaction, callback }), refused, "over after ten minutes");
  clock.set(before);
  expectValue(await identity.finishSignIn("province", { transaction, callback }));
});

t.test("the browser comes back to the configured address and no other", async (t) => {
  for (const asked of ["https://evil.example/", `${redirectUri}/..`, `${redirectUri}?x=1`, redirectUri.toUpperCase(), ""])
    t.match(await identity.startSignIn("province", asked), { code: "IDENTITY_REDIRECT_UNKNOWN" }, asked);
  expectValue(await identity.startSignIn("province", redirectUri));
  const { transaction, callback } = await goThere();
  for (const elsewhere of [
    callback.replace("signed-in", "signed-out"),
    callback.replace("7399", "7398"),
    `data:,${callback}`,
    "x",
  ])
    t.strictSame(await identity.finishSignIn("province", { transaction, callback: elsewhere }), refused);
});

t.test("an issuer that says no, a name that is none, and an issuer that is down end nothing", async (t) => {
  const { transaction, callback } = await goThere();
  const denied = changed(callback, (q) => {
    q.delete("code");
    q.set("error", "access_denied");
  });
  t.strictSame(await identity.finishSignIn("province", { transaction, callback: denied }), refused);
  t.match(await last(), { data: { because: "refused by the issuer" } });
  for (const name of ["nowhere", "__proto__", "", issuer.url]) {
    t.match(await identity.startSignIn(name), { code: "IDENTITY_ISSUER_UNKNOWN" });
    t.match(await identity.finishSignIn(name, { transaction, callback }), { code: "IDENTITY_ISSUER_UNKNOWN" });
  }
  issuer.goDown(true);
  t.match(await identity.finishSignIn("province", { transaction, callback }), { code: "IDENTITY_ISSUER_UNREACHABLE" });
  t.match(await (await restart(province)).startSignIn("province"), { code: "IDENTITY_ISSUER_UNREACHABLE" });
  issuer.goDown(false);
});

/** What a token endpoint gives for a code, by the nonce of the sign-in. */
type Give = (nonce: string, url: string) => unknown;
const key = makeKey("posed");
const idClaims = (nonce: string, url: string) => {
  const now = Math.floor(clock.now().getTime() / 1000);
  return { iss: url, aud: "hanguang", sub: "alice", iat: now, exp: now + 600, nonce, groups: ["analysts"] };
};
const withIdToken = (id_token: unknown) => ({ access_token: "x", token_type: "Bearer", id_token });
const signed =
  (header: object, over: (nonce: string, url: string) => object): Give =>
  (nonce, url) =>
    withIdToken(forge(key, { typ: "JWT", ...header }, { ...idClaims(nonce, url), ...over(nonce, url) }));
const unsigned: Give = (nonce, url) => {
  const [head, body] = [{ alg: "none" }, idClaims(nonce, url)].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return withIdToken(`${head}.${body}.`);
};

const given: Readonly<Record<string, Give>> = {
  "no ID token": () => ({ access_token: "x", token_type: "Bearer" }),
  "an ID token that is none": () => withIdToken("hello"),
  "an unsigned ID token": unsigned,
  "an ID token of another key": (nonce, url) => withIdToken(forge(makeKey("posed"), { typ: "JWT" }, idClaims(nonce, url))),
  "an access token for an ID token": signed({ typ: "at+jwt" }, () => ({})),
  "an ID token of another sign-in": signed({}, () => ({ nonce: "another" })),
  "an ID token without nonce": signed({}, () => ({ nonce: undefined })),
  "an ID token for another client": signed({}, () => ({ aud: "elsewhere" })),
  "an ID token for an API": signed({}, () => ({ aud: entry.audience })),
  "an ID token for several, first another": signed({}, () => ({ aud: ["elsewhere", "hanguang"], azp: "elsewhere" })),
  "an ID token for several, none first": signed({}, () => ({ aud: ["elsewhere", "hanguang"] })),
  "an ID token for another party": signed({}, () => ({ azp: "elsewhere" })),
  "an ID token of another issuer": signed({}, () => ({ iss: issuer.url })),
  "an ID token that is over": signed({}, () => ({ exp: Math.floor(clock.now().getTime() / 1000) - 121 })),
  "an ID token issued long ago": signed({}, () => ({ iat: Math.floor(clock.now().getTime() / 1000) - 3721 })),
  "an ID token of nobody": signed({}, () => ({ sub: undefined })),
  "tokens of another kind": (nonce, url) => ({ ...withIdToken(forge(key, {}, idClaims(nonce, url))), token_type: "DPoP" }),
};

async function finishAtPosed(t: Test, give: Give) {
  let nonce = "";
  const url = await poseAsIssuer(t, (path, response, self) => {
    if (path === "/jwks") return sendJson(response, { keys: [{ ...key.jwk, d: undefined, p: undefined, q: undefined }] });
    return sendJson(response, path === "/token" ? give(nonce, self) : posedMetadata(self));
  });
  const gateway = await restart({ ...province, issuer: url });
  const { authorizationUrl, transaction } = expectValue(await gateway.startSignIn("province"));
  const asked = new URL(authorizationUrl).searchParams;
  nonce = asked.get("nonce") ?? "";
  return gateway.finishSignIn("province", { transaction, callback: `${redirectUri}?code=c&state=${asked.get("state")}` });
}

t.test("a sign-in at an issuer that answers soundly ends, so that what follows proves something", async (t) => {
  t.match(
    await finishAtPosed(
      t,
      signed({}, () => ({})),
    ),
    { refreshToken: /^hgr_/ },
  );
});

for (const [name, give] of Object.entries(given))
  t.test(`an issuer that gives ${name} lets nobody in`, async (t) => {
    t.strictSame(await finishAtPosed(t, give), refused);
  });

t.test("who is in no mapped group, or disabled, is vouched for in vain", async (t) => {
  t.match(await identity.finishSignIn("province", await goThere("mallory")), { code: "IDENTITY_NOT_MAPPED" });
  issuer.people.set("leaver", { name: "leaver", groups: ["analysts"] });
  const signedIn = expectValue(await identity.finishSignIn("province", await goThere("leaver")));
  const { id } = expectValue(await identity.authenticate(signedIn.accessToken));
  expectValue(await identity.disableAccount(await signIn("security-admin"), { account: id }));
  t.match(await identity.authenticate(signedIn.accessToken), { code: "IDENTITY_TOKEN_INVALID" });
  t.strictSame(await identity.finishSignIn("province", await goThere("leaver")), refused);
});

t.test("who loses all groups loses the sessions with the next token, and who goes with the issuer at the start", async (t) => {
  issuer.people.set("mover", { name: "mover", groups: ["analysts"] });
  const signedIn = expectValue(await identity.finishSignIn("province", await goThere("mover")));
  const { session } = expectValue(await identity.authenticate(signedIn.accessToken));
  issuer.people.set("mover", { name: "mover", groups: [] });
  const now = Math.floor(Date.now() / 1000) + 2;
  const [key = makeKey("none")] = issuer.keys;
  const claims = { iss: issuer.url, aud: entry.audience, sub: "mover", iat: now, exp: now + 600, groups: [] };
  t.match(await identity.authenticate(forge(key, {}, claims)), { code: "IDENTITY_NOT_MAPPED" });
  t.match(await identity.authenticate(signedIn.accessToken), { code: "IDENTITY_TOKEN_INVALID" });
  t.match(await identity.refresh(signedIn.refreshToken), { code: "IDENTITY_REFRESH_REFUSED" });
  const row = await store.db
    .selectFrom("session")
    .select("revoked_at")
    .where("id", "=", session ?? "")
    .executeTakeFirstOrThrow();
  t.not(row.revoked_at, null);

  const staying = expectValue(await identity.finishSignIn("city", await goThere("alice", other, "city")));
  expectValue(await identity.authenticate(staying.accessToken));
  await restart(province);
  t.match(await identity.authenticate(staying.accessToken), { code: "IDENTITY_TOKEN_INVALID" });
  await restart(province, city);
});

t.test("a session opened at an issuer ends with the issuer's term, not the platform's longer one", async (t) => {
  const before = clock.now();
  const signedIn = expectValue(await identity.finishSignIn("province", await goThere()));
  clock.advance(3_600_000);
  t.match(await identity.refresh(signedIn.refreshToken), { code: "IDENTITY_REFRESH_REFUSED" });
  clock.set(before);
});

t.test("a client secret that others can read, or that is not there, stops the start", async (t) => {
  await chmod(secretFile, 0o640);
  await t.rejects(restart(city), { code: "IDENTITY_CLIENT_SECRET_UNREADABLE", message: /0600/ });
  await chmod(secretFile, 0o600);
  await t.rejects(restart({ ...city, clientSecretFile: `${secretFile}.gone` }), { message: /cannot be read/ });
  await writeFile(secretFile, " \n");
  await t.rejects(restart(city), { message: /is empty/ });
  await writeFile(secretFile, "another secret than the issuer's");
  t.strictSame(await identity.finishSignIn("city", await goThere("alice", other, "city")), refused, "read anew at each sign-in");
  await writeFile(secretFile, clientSecret);
  expectValue(await identity.finishSignIn("city", await goThere("alice", other, "city")));
});
