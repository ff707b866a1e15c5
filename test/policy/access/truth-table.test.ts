import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { actionsOfKind, createDecider, type Relation, roles } from "../../../src/policy/index.ts";

const folder = join(import.meta.dirname, "../../../config/access");
const texts = {
  model: await readFile(join(folder, "model.conf"), "utf8"),
  policy: await readFile(join(folder, "policy.csv"), "utf8"),
};

/** Written by hand from the roles' work, not read from the policy: relation needed for each permission, role by role. */
const allowed: Readonly<Record<(typeof roles)[number], Readonly<Record<string, readonly Relation[]>>>> = {
  analyst: {
    "organisation:read": [],
    "resource:read": [],
    "agreement:read": ["own"],
    "job:submit": ["own"],
    "job:read": ["own"],
    "job:cancel": ["own"],
    "result:read": ["own"],
    "export:request": ["own"],
    "export:read": ["own"],
    "export:download": ["own"],
  },
  "operator-admin": {
    "organisation:read": [],
    "account:read": ["own"],
    "account:create": ["own"],
    "resource:read": [],
    "agreement:read": ["own"],
    "agreement:draft": ["own"],
    "job:read": ["own"],
    "job:cancel": ["own"],
    "result:read": ["own"],
    "export:read": ["own"],
    "export:download": ["own"],
  },
  "data-steward": {
    "organisation:read": [],
    "family:read": [],
    "family:create": [],
    "resource:read": [],
    "resource:create": [],
    "resource:load": ["own"],
  },
  "agency-officer": {
    "organisation:read": [],
    "family:read": [],
    "resource:read": [],
    "agreement:read": ["agency"],
    "agreement:draft": ["agency"],
    "agreement:approve": ["agency", "not-author"],
    "agreement:activate": ["agency"],
    "agreement:terminate": ["agency"],
    "job:read": ["agency"],
    "export:read": ["agency"],
    "export:release": ["agency", "not-author"],
    "export:revoke": ["agency"],
    "audit:trace": [],
  },
  reviewer: {
    "organisation:read": [],
    "resource:read": [],
    "agreement:read": ["agency"],
    "job:read": ["agency"],
    "export:read": ["agency"],
    "export:evidence": ["agency"],
    "export:review": ["agency", "not-author", "not-operator"],
  },
  "authority-officer": {
    "organisation:read": [],
    "family:read": [],
    "family:create": [],
    "resource:read": [],
    "agreement:read": [],
    "agreement:terminate": [],
    "export:read": [],
    "export:revoke": [],
    "audit:read": [],
    "audit:trace": [],
  },
  "platform-admin": { "organisation:read": [], "organisation:create": [], "account:read": [], "account:create": [] },
  "security-admin": { "organisation:read": [], "account:read": [], "account:assign-roles": [], "account:disable": [] },
  "audit-admin": { "organisation:read": [], "account:read": [], "audit:read": [], "audit:trace": [] },
};

const permissions = Object.entries(actionsOfKind).flatMap(([kind, actions]) => actions.map((action) => ({ kind, action })));

/** Every set of relations that can hold. */
const situations: readonly (readonly Relation[])[] = Array.from({ length: 16 }, (_, bits) =>
  (["own", "agency", "not-author", "not-operator"] as const).filter((_relation, at) => bits & (1 << at)),
);

t.test("every role, action, kind and relation is decided as the table says", async (t) => {
  const decider = await createDecider(texts);
  let decided = 0;
  for (const role of roles)
    for (const { kind, action } of permissions) {
      const needed = allowed[role][`${kind}:${action}`];
      t.equal(decider.mayEver([role], action, kind), needed !== undefined, `${role} ${kind}:${action}`);
      for (const held of situations) {
        const expected = needed?.every((relation) => held.includes(relation)) ?? false;
        decided++;
        if (decider.decide([role], action, kind, held) !== expected) t.fail(`${role} ${kind}:${action} with [${held.join()}]`);
      }
    }
  t.equal(decided, roles.length * permissions.length * situations.length);
});

t.test("the table names no permission that does not exist", async (t) => {
  const known = new Set(permissions.map(({ kind, action }) => `${kind}:${action}`));
  for (const row of Object.values(allowed)) for (const name of Object.keys(row)) t.ok(known.has(name), name);
});

t.test("what nobody wrote is denied", async (t) => {
  const decider = await createDecider(texts);
  t.notOk(decider.decide([], "read", "organisation", []), "no role");
  t.notOk(decider.decide(["root"], "read", "organisation", []), "an unknown role");
  t.notOk(decider.decide(["analyst"], "drop", "job", ["own"]), "an unknown action");
  t.notOk(decider.decide(["analyst"], "read", "row", ["own"]), "an unknown kind");
  t.notOk(decider.decide(["*"], "read", "organisation", []), "a wildcard is no role");
  t.notOk(decider.decide(["analyst"], "submit", "job", ["*" as Relation]), "a wildcard is no relation");
});

t.test("roles add up, and nothing else", async (t) => {
  const decider = await createDecider(texts);
  t.ok(decider.decide(["analyst", "operator-admin"], "draft", "agreement", ["own"]));
  t.notOk(decider.decide(["analyst", "operator-admin"], "release", "export", ["own", "agency", "not-author", "not-operator"]));
});

const wrongLines: readonly (readonly [string, RegExp])[] = [
  ["p, wizard, job, read, own", /line 2: there is no role "wizard"/],
  ["p, analyst, rows, read, own", /line 2: there is no kind "rows"/],
  ["p, analyst, job, steal, own", /line 2: there is no action "steal" on job/],
  ["p, analyst, job, read, friend", /line 2: there is no relation "friend"/],
  ["p, analyst, job, read", /line 2: there is no relation ""/],
  ["p", /line 2: there is no role ""/],
  ["g, analyst, reviewer", /line 2: a line is/],
  ["p, analyst, job, read, own, deny", /line 2: a line is/],
];

for (const [line, message] of wrongLines)
  t.test(`a policy with the line "${line}" does not load`, async (t) => {
    await t.rejects(createDecider({ model: texts.model, policy: `# first\n${line}` }), {
      code: "POLICY_ACCESS_INVALID",
      message,
    });
  });

t.test("the hash changes with any line and not with comments", async (t) => {
  const { hash } = await createDecider(texts);
  t.match(hash, /^[0-9a-f]{64}$/);
  t.equal((await createDecider({ ...texts, policy: `# said\n${texts.policy}` })).hash, hash);
  t.not((await createDecider({ ...texts, policy: `${texts.policy}\np, analyst, audit, read, any` })).hash, hash);
});
