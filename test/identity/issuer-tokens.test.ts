import t from "tap";
import { openTestFederation } from "../support/federation.ts";
import { forge, makeKey } from "../support/issuer.ts";
import { expectValue } from "../support/value.ts";

const refused = (code: string) => ({ kind: "refused", code });
const fixture = await openTestFederation(t);
const { identity, issuer, entry, operator, agency, clock, restart, events, signIn, store } = fixture;
const { people } = issuer;
const person = (subject: string, ...groups: string[]) => people.set(subject, { name: subject, groups });
const eventsOf = async (account: string) => (await events()).filter((event) => event["object"] === account);
const [firstKey] = issuer.keys;
if (firstKey === undefined) throw new Error("the issuer has a key");

/** A token of the issuer, to the second. */
const token = (subject: string, groups: unknown, over: object = {}): string => {
  const now = Math.floor(clock.now().getTime() / 1000);
  const claims = { iss: issuer.url, aud: entry.audience, sub: subject, iat: now, exp: now + 600, groups, ...over };
  return forge(firstKey, {}, claims);
};

t.test("a real issuer's token lets its person in, who becomes an account of the platform", async (t) => {
  person("alice", "analysts", "chess-club");
  const bearer = await issuer.accessToken("alice");
  const caller = expectValue(await identity.authenticate(bearer));
  t.match(caller, { kind: "account", organisation: operator, roles: ["analyst"], issuer: issuer.url, name: "alice" });
  t.equal(caller.session, undefined);
  t.strictSame(expectValue(await identity.authenticate(bearer)), caller);
  t.match(await eventsOf(caller.id), [{ type: "account.federated", data: { groups: ["analysts"], roles: ["analyst"] } }]);
  const listed = (await identity.listAccounts(await signIn("audit-admin"))).find(({ id }) => id === caller.id);
  t.match(listed, { origin: "issuer", roles: ["analyst"], organisation: operator });
  const stored = await store.db.selectFrom("account_subject").selectAll().where("account_id", "=", caller.id).execute();
  t.match(stored, [{ subject: "alice", groups: ["analysts"] }], "groups that say nothing here are not kept");
});

t.test("nobody logs in by password as a person of an issuer, and nobody assigns it roles", async (t) => {
  const { id, login } = expectValue(await identity.authenticate(await issuer.accessToken("alice")));
  for (const password of ["", "null", "whatever it may be"])
    t.match(await identity.login({ login, password }), refused("IDENTITY_LOGIN_REFUSED"));
  const security = await signIn("security-admin");
  t.match(await identity.assignRoles(security, { account: id, roles: ["analyst"] }), refused("IDENTITY_ACCOUNT_NOT_LOCAL"));
});

t.test("a changed group acts at the next token, and an older token does not bring the old one back", async (t) => {
  const old = token("carol", ["analysts"]);
  const { id } = expectValue(await identity.authenticate(old));
  clock.advance(1000);
  const newer = token("carol", ["chess-club"]);
  t.match(await identity.authenticate(newer), refused("IDENTITY_NOT_MAPPED"));
  t.match(await identity.authenticate(old), refused("IDENTITY_NOT_MAPPED"));
  t.match((await eventsOf(id)).slice(1, 2), [{ type: "account.federation-renewed", data: { removed: ["analyst"], roles: [] } }]);
  clock.advance(1000);
  expectValue(await identity.authenticate(token("carol", "analysts")));
  expectValue(await identity.authenticate(old));
  t.match((await eventsOf(id)).at(-1), { type: "account.federation-renewed", data: { added: ["analyst"] } });
});

t.test("of two tokens of one second only what both say counts", async (t) => {
  const [both, one] = [token("dave", ["analysts", "bosses"]), token("dave", ["analysts"])];
  const { id } = expectValue(await identity.authenticate(both));
  const roles = async () =>
    (await identity.listAccounts(await signIn("audit-admin"))).find((account) => account.id === id)?.roles;
  t.strictSame(await roles(), ["analyst", "operator-admin"]);
  expectValue(await identity.authenticate(one));
  t.strictSame(await roles(), ["analyst"]);
  expectValue(await identity.authenticate(both));
  t.strictSame(await roles(), ["analyst"]);
});

t.test("a person moves to another organisation with the groups", async (t) => {
  const before = expectValue(await identity.authenticate(token("erin", ["analysts"])));
  clock.advance(1000);
  t.match(await identity.authenticate(token("erin", ["officers"])), refused("IDENTITY_SIGN_IN_NEEDED"));
  const moved = (await identity.listAccounts(await signIn("audit-admin"))).find(({ id }) => id === before.id);
  t.match(moved, { organisation: agency, roles: ["agency-officer"] });
});

t.test("a token carries only roles that need no second factor", async (t) => {
  t.match(await identity.authenticate(token("boss", ["bosses"])), refused("IDENTITY_SIGN_IN_NEEDED"));
  t.match(await identity.authenticate(token("both", ["bosses", "analysts"])), { roles: ["analyst"] });
  t.match(await identity.authenticate(token("rev", ["reviewers"])), refused("IDENTITY_SIGN_IN_NEEDED"));
});

t.test("groups that lead nowhere, to two organisations, or to roles held apart let nobody in and make no account", async (t) => {
  const made = async () => (await events()).filter(({ type }) => type === "account.federated").length;
  const before = await made();
  for (const [groups, because] of [
    [["chess-club"], "no group is mapped"],
    [[], "no group is mapped"],
    [undefined, "no group is mapped"],
    [["analysts", "reviewers"], "groups of several organisations"],
    [["reviewers", "officers"], "roles: IDENTITY_ROLES_APART"],
  ] as const) {
    t.match(await identity.authenticate(token("mallory", groups)), refused("IDENTITY_NOT_MAPPED"), because);
    t.match((await events()).at(-1), { type: "identity.refused", code: "IDENTITY_NOT_MAPPED", data: { because } });
  }
  t.equal(await made(), before);
});

t.test("a disabled account stays out, with whatever token and whatever groups", async (t) => {
  const { id } = expectValue(await identity.authenticate(token("gone", ["analysts"])));
  expectValue(await identity.disableAccount(await signIn("security-admin"), { account: id }));
  clock.advance(1000);
  t.match(await identity.authenticate(token("gone", ["analysts"])), refused("IDENTITY_TOKEN_INVALID"));
  t.match((await eventsOf(id)).at(-1), { type: "identity.refused", data: { because: "account disabled" } });
});

t.test("two first tokens of one person through two gateways make one account", async (t) => {
  const gateways = [identity, await restart(entry)];
  const bearer = token("twin", ["analysts"]);
  const callers = await Promise.all(Array.from({ length: 8 }, (_, at) => gateways[at % 2]?.authenticate(bearer)));
  const ids = new Set(callers.map((caller) => (caller === undefined ? "" : expectValue(caller).id)));
  t.equal(ids.size, 1);
  t.equal((await eventsOf([...ids][0] ?? "")).filter(({ type }) => type === "account.federated").length, 1);
});

t.test("changed settings act at the start, on those who do not come back too", async (t) => {
  const bearer = token("frank", ["analysts"]);
  const { id } = expectValue(await identity.authenticate(bearer));
  const rolesOf = async () =>
    (await identity.listAccounts(await signIn("audit-admin"))).find((account) => account.id === id)?.roles;

  const elsewhere = { ...entry, groups: [{ group: "analysts", organisation: agency, roles: ["agency-officer"] }] };
  const moved = await restart(elsewhere);
  t.strictSame(await rolesOf(), ["agency-officer"]);
  t.match(await moved.authenticate(bearer), refused("IDENTITY_SIGN_IN_NEEDED"));

  const without = await restart();
  t.strictSame(await rolesOf(), []);
  t.match(await without.authenticate(bearer), refused("IDENTITY_TOKEN_INVALID"));

  const again = await restart(entry);
  t.strictSame(await rolesOf(), ["analyst"]);
  t.match(await again.authenticate(bearer), { id });
  t.equal((await eventsOf(id)).filter(({ type }) => type === "account.federation-renewed").length, 3);
  const told = (await eventsOf(id)).length;
  await restart(entry);
  t.equal((await eventsOf(id)).length, told, "a start that changes nothing tells nothing");
});

t.test("a new key of the issuer works at once, a withdrawn one no longer than keys are kept", async (t) => {
  const fresh = await restart(entry);
  expectValue(await fresh.authenticate(await issuer.accessToken("alice")));
  const second = makeKey("second");
  issuer.useKeys(second, firstKey);
  clock.advance(31_000);
  const before = issuer.keyRequests();
  expectValue(await fresh.authenticate(await issuer.accessToken("alice")));
  t.equal(issuer.keyRequests(), before + 1, "an unknown key id asks once");
  const old = token("alice", ["analysts"]);
  expectValue(await fresh.authenticate(old));

  issuer.useKeys(second);
  clock.advance(300_000);
  t.match(await fresh.authenticate(old), refused("IDENTITY_TOKEN_INVALID"));
  expectValue(await fresh.authenticate(await issuer.accessToken("alice")));
  issuer.useKeys(firstKey);
});

t.test("while the issuer does not answer nobody is let in on an old key, and it is not asked at every token", async (t) => {
  const fresh = await restart(entry);
  const bearer = token("alice", ["analysts"]);
  expectValue(await fresh.authenticate(bearer));
  issuer.goDown(true);
  expectValue(await fresh.authenticate(bearer));
  clock.advance(300_000);
  const late = token("alice", ["analysts"]);
  for (let time = 0; time < 3; time++) t.match(await fresh.authenticate(late), refused("IDENTITY_ISSUER_UNREACHABLE"));
  t.match((await events()).at(-1), { type: "identity.refused", data: { because: "issuer unreachable" } });
  issuer.goDown(false);
  t.match(await fresh.authenticate(late), refused("IDENTITY_ISSUER_UNREACHABLE"), "left alone for a moment");
  clock.advance(5000);
  expectValue(await fresh.authenticate(late));
});
