import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { ceilings } from "../../../src/policy/access/ceiling.ts";
import {
  AccessError,
  actionsOfKind,
  createDecider,
  linesOf,
  type PolicyProblem,
  roles,
  sameModel,
} from "../../../src/policy/index.ts";

const folder = join(import.meta.dirname, "../../../config/access");
const model = await readFile(join(folder, "model.conf"), "utf8");
const shipped = await readFile(join(folder, "policy.csv"), "utf8");
const shippedLength = shipped.split("\n").length;

/** What is wrong with a policy; nothing where it loads. */
async function problemsOf(policy: string): Promise<readonly PolicyProblem[]> {
  try {
    await createDecider({ model, policy });
    return [];
  } catch (error) {
    if (error instanceof AccessError) return error.problems;
    throw error;
  }
}
const without = (line: string): string => {
  const rest = shipped.split("\n").filter((text) => text !== line);
  if (rest.length !== shippedLength - 1) throw new Error(`the shipped policy has no line ${line}`);
  return rest.join("\n");
};
const lineOf = (policy: string, line: string): number => policy.split("\n").indexOf(line) + 1;

/** By hand, from the regulation and design §11: what no policy may say, whoever agrees to it. */
const never: readonly (readonly [string, RegExp])[] = [
  // 三员分立: the administrations reach no data and no work, and no one's power is another's.
  ["p, platform-admin, job, submit, own", /platform-admin may never job:submit/],
  ["p, platform-admin, result, read, any", /may never/],
  ["p, security-admin, export, download, own", /may never/],
  ["p, audit-admin, resource, read, any", /may never/],
  ["p, platform-admin, account, assign-roles, any", /may never/],
  ["p, platform-admin, account, reset-factors, any", /may never/],
  ["p, security-admin, account, create, any", /may never/],
  ["p, audit-admin, account, create, own", /may never/],
  ["p, security-admin, audit, read, any", /may never/],
  ["p, platform-admin, audit, trace, any", /may never/],
  // The policy itself: nobody does both halves.
  ["p, security-admin, policy, confirm, not-author", /may never/],
  ["p, audit-admin, policy, propose, any", /may never/],
  ["p, audit-admin, policy, confirm, any", /only where not-author holds/],
  ["p, platform-admin, policy, propose, any", /may never/],
  ["p, authority-officer, policy, confirm, not-author", /may never/],
  // Nobody decides on what is their own.
  ["p, reviewer, export, review, agency", /not-author\+not-operator is missing/],
  ["p, reviewer, export, review, agency+not-author", /not-operator is missing/],
  ["p, reviewer, export, review, not-author+not-operator", /agency is missing/],
  ["p, agency-officer, export, review, agency+not-author+not-operator", /may never/],
  ["p, reviewer, export, release, agency+not-author", /may never/],
  ["p, agency-officer, export, release, agency", /not-author is missing/],
  ["p, agency-officer, agreement, approve, agency", /not-author is missing/],
  ["p, operator-admin, agreement, approve, own+not-author", /may never/],
  ["p, analyst, export, review, own", /may never/],
  // The operator's side sees its own and no more.
  ["p, analyst, result, read, any", /own is missing/],
  ["p, analyst, job, read, any", /own is missing/],
  ["p, analyst, export, evidence, own", /may never/],
  ["p, reviewer, result, read, agency", /may never/],
  ["p, data-steward, resource, load, any", /own is missing/],
  ["p, analyst, audit, read, any", /may never/],
  ["p, service, account, create, own", /may never/],
];

for (const [line, problem] of never)
  t.test(`no policy says "${line}"`, async (t) => {
    t.match(await problemsOf(`${shipped}\n${line}`), [{ line: shippedLength + 1, problem }]);
  });

t.test("the shipped policy keeps every invariant", async (t) => {
  t.same(await problemsOf(shipped), []);
});

t.test("every line that the ceiling allows may be added, and no other", async (t) => {
  const allowed = await problemsOf(shipped);
  t.same(allowed, []);
  const permissions = Object.entries(actionsOfKind).flatMap(([kind, actions]) =>
    actions.map((action) => [kind, action] as const),
  );
  const said = new Set(linesOf(shipped));
  const lines: string[] = [];
  const expected: (RegExp | undefined)[] = [];
  for (const role of roles)
    for (const [kind, action] of permissions) {
      const needs = (ceilings as Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>)[`${kind}:${action}`]?.[
        role
      ];
      // With all relations held, only who it is decides.
      const line = `${role}, ${kind}, ${action}, own+agency+not-author+not-operator`;
      if (said.has(line)) continue;
      lines.push(`p, ${line}`);
      const byAnalyst = [...said].some((other) => other.startsWith(`analyst, ${kind}, ${action},`));
      if (needs === undefined) expected.push(/may never/);
      else if (
        role === "service" &&
        !byAnalyst &&
        !lines.includes(`p, analyst, ${kind}, ${action}, own+agency+not-author+not-operator`)
      )
        expected.push(/no analyst/);
      else expected.push(undefined);
    }
  const problems = await problemsOf(`${shipped}\n${lines.join("\n")}`);
  const byLine = new Map(problems.map(({ line, problem }) => [line, problem]));
  for (const [at, wanted] of expected.entries()) {
    const found = byLine.get(shippedLength + 1 + at);
    if (wanted === undefined ? found !== undefined : !wanted.test(found ?? "")) t.fail(`${lines[at]}: ${found ?? "allowed"}`);
  }
  t.ok(expected.filter((wanted) => wanted !== undefined).length > 200);
  t.ok(expected.filter((wanted) => wanted === undefined).length > 50);
});

t.test("no two of the three administrations share a power to change anything", (t) => {
  const reading = /:(read|trace)$/;
  for (const [permission, ceiling] of Object.entries(ceilings)) {
    const holders = ["platform-admin", "security-admin", "audit-admin"].filter((role) => role in ceiling);
    if (!reading.test(permission)) t.ok(holders.length <= 1, `${permission}: ${holders.join(", ")}`);
  }
  t.end();
});

t.test("nobody writes the audit: there is nothing to allow but reading", (t) => {
  t.same(actionsOfKind.audit, ["read", "trace"]);
  t.end();
});

const kept = [
  "p, security-admin, policy, propose, any",
  "p, audit-admin, policy, confirm, not-author",
  "p, audit-admin, policy, read, any",
  "p, security-admin, account, assign-roles, any",
  "p, security-admin, account, disable, any",
  "p, audit-admin, audit, read, any",
];

for (const line of kept)
  t.test(`every policy keeps "${line}"`, async (t) => {
    t.match(await problemsOf(without(line)), [{ line: undefined, problem: /which every policy keeps/ }]);
  });

t.test("a service key may never do more than an analyst in the same situation", async (t) => {
  const [analyst, service] = ["p, analyst, export, read, own", "p, service, export, read, own"];
  const narrowed = without(analyst);
  t.match(await problemsOf(narrowed), [{ line: lineOf(narrowed, service), problem: /export:read is given to service keys/ }]);
  t.match(await problemsOf(shipped.replace(service, "p, service, export, read, any")), [{ problem: /only where own holds/ }]);
  const stricter = shipped.replace(analyst, "p, analyst, export, read, own+not-author");
  t.match(await problemsOf(stricter), [{ line: lineOf(stricter, service), problem: /no analyst may do it/ }]);
});

t.test("every problem is told at once, with its line; a policy that cannot be read is not judged further", async (t) => {
  const policy = `${shipped}\np, platform-admin, job, submit, own\np, analyst, audit, read, any`;
  t.match(await problemsOf(policy), [{ line: shippedLength + 1 }, { line: shippedLength + 2 }]);
  await t.rejects(createDecider({ model, policy }), { message: new RegExp(`line ${shippedLength + 1}: .* \\(and 1 more\\)`) });
  t.match(await problemsOf("p, wizard, job, read, own\n# fine\np, analyst, job, steal, own"), [{ line: 1 }, { line: 3 }]);
  t.match(await problemsOf(`p, ${"x".repeat(200)}, job, read, own`), [{ problem: /^there is no role "x{40}"$/ }]);
});

t.test("no line, no comment either, holds what a reader cannot see", async (t) => {
  for (const hidden of ["\u0000", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\u007f", "\u0085"])
    t.match(await problemsOf(`${shipped}\n# a comment${hidden}`), [{ line: shippedLength + 1, problem: /cannot be seen/ }]);
  t.same(await problemsOf(`${shipped}\r\n#\ta comment, 注释`), []);
});

t.test("two texts that say the same are one policy", (t) => {
  t.same(linesOf(shipped), linesOf(shipped.split("\n").reverse().join("\r\n")));
  t.ok(sameModel(model, `# said\n\n${model}`));
  t.notOk(sameModel(model, model.replace("p.eft == allow", "p.eft != deny")));
  t.end();
});
