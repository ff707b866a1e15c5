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
    "job:label": ["own"],
    "query:save": ["own"],
    "query:read": ["own"],
    "result:read": ["own"],
    "export:request": ["own"],
    "export:read": ["own"],
    "export:download": ["own"],
  },
  "operator-admin": {
    "organisation:read": [],
    "account:read": ["own"],
    "account:create": ["own"],
    "service-key:read": ["own"],
    "service-key:create": ["own"],
    "service-key:revoke": ["own"],
    "resource:read": [],
    "agreement:read": ["own"],
    "agreement:draft": ["own"],
    "job:read": ["own"],
    "job:cancel": ["own"],
    "job:label": ["own"],
    "query:read": ["own"],
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
    "policy:read": [],
  },
  "platform-admin": { "organisation:read": [], "organisation:create": [], "account:read": [], "account:create": [] },
  "security-admin": {
    "organisation:read": [],
    "account:read": [],
    "account:assign-roles": [],
    "account:reset-factors": [],
    "account:manage-sessions": [],
    "account:disable": [],
    "log-origin:read": [],
    "log-origin:propose": [],
    "policy:read": [],
    "policy:propose": [],
  },
  "audit-admin": {
    "organisation:read": [],
    "account:read": [],
    "audit:read": [],
    "audit:trace": [],
    "log-origin:read": [],
    "log-origin:approve": [],
    "policy:read": [],
    "policy:confirm": ["not-author"],
  },
  service: {
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

t.test("a machine may nothing that an analyst may not, and neither votes, releases, approves nor administers", async (t) => {
  const decider = await createDecider(texts);
  for (const { kind, action } of permissions)
    for (const held of situations)
      if (decider.decide(["service"], action, kind, held))
        t.ok(decider.decide(["analyst"], action, kind, held), `${kind}:${action} with [${held.join()}]`);
  for (const action of ["evidence", "review", "release", "revoke"])
    t.notOk(decider.mayEver(["service"], action, "export"), action);
  for (const action of ["draft", "approve", "activate", "terminate"])
    t.notOk(decider.mayEver(["service"], action, "agreement"), action);
  for (const kind of ["account", "service-key", "audit", "family", "log-origin"] as const)
    for (const action of actionsOfKind[kind]) t.notOk(decider.mayEver(["service"], action, kind), `${kind}:${action}`);
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
  t.notOk(decider.decide(["analyst"], "submit", "job", []), "a relation nobody stated does not hold");
  for (const glue of ["|", ",", "+", " ", "\n"]) {
    t.notOk(decider.decide([`x${glue}analyst${glue}y`], "submit", "job", ["own"]), "a role made of roles");
    t.notOk(decider.decide(["analyst"], "submit", "job", [`x${glue}own${glue}y` as Relation]), "a relation made of relations");
  }
  for (const word of ["__proto__", "constructor", "toString"]) {
    t.notOk(decider.mayEver(["platform-admin"], "read", word), "an inherited name is no kind");
    t.notOk(decider.mayEver(["platform-admin"], word, "account"), "nor an action");
    t.notOk(decider.mayEver([word], "read", "account"), "nor a role");
  }
});

t.test("an answer already given is given again, to the same question only", async (t) => {
  const decider = await createDecider(texts);
  for (let time = 0; time < 2; time++) {
    t.ok(decider.decide(["analyst"], "submit", "job", ["own"]));
    t.notOk(decider.decide(["analyst"], "submit", "job", ["agency"]));
    t.notOk(decider.decide(["reviewer"], "submit", "job", ["own"]));
  }
});

t.test("Casbin's off switch is out of reach", async (t) => {
  const decider = await createDecider(texts);
  t.ok(Object.isFrozen(decider));
  t.strictSame(Object.keys(decider), ["decide", "mayEver", "hash"]);
  t.strictSame(Reflect.ownKeys(decider), Object.keys(decider), "nothing hidden");
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

const wrongModels: Readonly<Record<string, readonly [(model: string) => string, RegExp]>> = {
  "allows everybody": [(model) => model.replace(/^m = .*$/m, "m = p.role != 'nobody'"), /to a caller without roles/],
  "asks no policy": [(model) => model.replace(/^m = .*$/m, "m = 1 == 1"), /to a caller without roles/],
  "allows whatever is not denied": [
    (model) => model.replace(/^e = .*$/m, "e = !some(where (p.eft == deny))"),
    /to a caller without roles/,
  ],
  "forgets the relations": [(model) => model.replace(" && holds(r.relations, p.relation)", ""), /without own/],
  "forgets the roles": [(model) => model.replace(" && hasRole(r.roles, p.role)", ""), /to a caller without roles/],
  "allows nobody": [(model) => model.replace(/^m = .*$/m, "m = p.role == 'nobody'"), /denies/],
  "calls an unknown function": [(model) => model.replace("holds(", "hold("), /cannot be used by Casbin/],
  "is empty": [() => "", /cannot be used by Casbin/],
};

for (const [name, [change, message]] of Object.entries(wrongModels))
  t.test(`a model that ${name} does not load`, async (t) => {
    t.not(change(texts.model), texts.model, "the model was changed");
    await t.rejects(createDecider({ ...texts, model: change(texts.model) }), { code: "POLICY_ACCESS_INVALID", message });
  });

t.test("a policy without a line does not load", async (t) => {
  await t.rejects(createDecider({ ...texts, policy: "# nothing\n" }), {
    code: "POLICY_ACCESS_INVALID",
    message: /no line allows/,
  });
});

t.test("a line said twice, in whatever order its relations stand, does not load", async (t) => {
  const policy = "p, reviewer, export, review, agency+not-author\n\np, reviewer, export, review, not-author+agency";
  await t.rejects(createDecider({ ...texts, policy }), { message: /line 3: it says what line 1 says/ });
});

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
  t.equal((await createDecider({ ...texts, model: `# said\n${texts.model}` })).hash, hash);
  t.equal(
    (await createDecider({ ...texts, policy: texts.policy.split("\n").reverse().join("\r\n") })).hash,
    hash,
    "nor with order",
  );
  t.not((await createDecider({ ...texts, policy: `${texts.policy}\np, reviewer, family, read, any` })).hash, hash);
});
