import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { givenPasswordOf, openFreshIdentity, passwordOf, signInWithPassword, threeAdmins } from "../support/identity.ts";

const { identity, another, setupCode, dataDir, store } = await openFreshIdentity(t);
const path = join(dataDir, "first-admin-code");
const refused = (code: string) => ({ kind: "refused", code });
const [platform, security, audit] = threeAdmins.accounts;
if (platform === undefined || security === undefined || audit === undefined) throw new Error("three are needed");

t.test("without a code nothing sets the platform up", async (t) => {
  t.ok(await identity.needed());
  for (const code of ["", "undefined", " "])
    t.match(await identity.setupPlatform({ code, ...threeAdmins }), refused("IDENTITY_SETUP_REFUSED"));
});

t.test("a code file cut short is no code, and is made anew", async (t) => {
  await writeFile(path, "\n");
  t.equal(await setupCode.read(), undefined);
  t.match(await identity.setupPlatform({ code: "", ...threeAdmins }), refused("IDENTITY_SETUP_REFUSED"));
  const careless = await another({ read: async () => "", consume: async () => undefined });
  t.match(await careless.setupPlatform({ code: "", ...threeAdmins }), refused("IDENTITY_SETUP_REFUSED"), "whatever reads it");
  await setupCode.offer();
  t.match(await setupCode.read(), /^([0-9a-hjkmnp-tv-z]{4}-){4}[0-9a-hjkmnp-tv-z]{4}$/);
});

t.test("the code is its owner's alone to read, and stays the same over a restart", async (t) => {
  const code = await setupCode.read();
  await setupCode.offer();
  t.equal(await setupCode.read(), code);
  t.equal((await stat(path)).mode & 0o777, 0o600);
});

t.test("a code file that cannot be read stops the set-up and is not taken for absent", async (t) => {
  const { openSetupCode } = await import("../../src/identity/index.ts");
  const folder = openSetupCode({ path: dataDir, random: { bytes: (count) => new Uint8Array(count) } });
  await t.rejects(folder.read(), { code: "IDENTITY_SETUP_CODE_UNREADABLE" });
});

t.test("the three administrations are three accounts, each with one of them", async (t) => {
  const code = (await setupCode.read()) ?? "";
  const combinations = {
    none: [],
    two: [platform, security],
    "one twice": [platform, security, { ...security, login: "another" }],
    four: [platform, security, audit, { ...audit, login: "another" }],
    "one login for two": [platform, security, { ...audit, login: security.login }],
    "another role": [platform, security, { ...audit, role: "analyst" as "audit-admin" }],
  };
  for (const [name, accounts] of Object.entries(combinations))
    t.match(await identity.setupPlatform({ code, organisation: "平台", accounts }), refused("IDENTITY_ROLES_APART"), name);
  t.match(
    await identity.setupPlatform({ code, organisation: "平台", accounts: [platform, security, { ...audit, password: "short" }] }),
    refused("IDENTITY_PASSWORD_WEAK"),
  );
  t.ok(await identity.needed());
  t.equal(await setupCode.read(), code, "a refused set-up does not use the code up");
});

t.test("of two set-ups at one moment, through two gateways, one is made", async (t) => {
  const code = (await setupCode.read()) ?? "";
  const second = threeAdmins.accounts.map((account) => ({
    ...account,
    login: `second-${account.login}`,
    password: passwordOf("x"),
  }));
  const answers = await Promise.all([
    identity.setupPlatform({ code, ...threeAdmins }),
    (await another()).setupPlatform({ code, organisation: "第二平台", accounts: second }),
  ]);
  t.equal(answers.filter((answer) => "organisation" in answer).length, 1);
  t.match(
    answers.find((answer) => "code" in answer),
    refused("IDENTITY_SETUP_REFUSED"),
  );
  t.equal((await store.db.selectFrom("account").select("id").execute()).length, 3);
  t.equal((await identity.listOrganisations()).length, 1);
});

t.test("the code is used up, and putting it back opens nothing", async (t) => {
  t.notOk(await identity.needed());
  t.equal(await setupCode.read(), undefined);
  await setupCode.offer();
  const code = (await setupCode.read()) ?? "";
  t.match(
    await identity.setupPlatform({
      code,
      organisation: "第三平台",
      accounts: threeAdmins.accounts.map((account) => ({ ...account, login: `third-${account.login}` })),
    }),
    refused("IDENTITY_SETUP_REFUSED"),
  );
});

t.test("one administrator of the three can sign in for each administration", async (t) => {
  const accounts = await store.db
    .selectFrom("account")
    .innerJoin("account_role", "account_id", "id")
    .select(["login", "role"])
    .execute();
  t.strictSame(
    accounts.map(({ role }) => role).toSorted((one, other) => one.localeCompare(other)),
    ["audit-admin", "platform-admin", "security-admin"],
  );
  const first = accounts.find(({ role }) => role === "platform-admin")?.login ?? "";
  const password = first.startsWith("second-") ? passwordOf("x") : givenPasswordOf(first);
  const { accessToken } = await signInWithPassword(identity, first, password);
  t.match(await identity.authenticate(accessToken), { roles: [], limit: "password-change" }, "and chooses a password of the own");
});
