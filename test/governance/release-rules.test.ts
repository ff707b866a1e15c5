import t from "tap";
import { completeRules, type ReleaseRulesRequest } from "../../src/governance/release-rules.ts";
import { implementedModes, platformFloor, releaseModes } from "../../src/policy/index.ts";

const floor = { ...platformFloor, minOwners: 12 };

t.test("what the parties leave out is the deployment's floor", async (t) => {
  t.same(completeRules(undefined, floor), floor);
  t.same(completeRules({}, floor), floor);
  t.same(completeRules({ pPercent: 25 }, floor), { ...floor, pPercent: 25 });
});

t.test("stricter rules and equal ones are taken", async (t) => {
  t.same(completeRules({ minOwners: 12, dominanceShare: 0.9, pPercent: 10 }, floor), floor);
  t.match(completeRules({ minOwners: 13, dominanceShare: 0.5, pPercent: 11 }, floor), { minOwners: 13, dominanceShare: 0.5 });
});

const loose: readonly (readonly [keyof ReleaseRulesRequest, number])[] = [
  ["minOwners", 11],
  ["minOwners", 12.5],
  ["minOwners", Number.NaN],
  ["dominanceShare", 0.91],
  ["dominanceShare", 0],
  ["dominanceShare", Number.NaN],
  ["pPercent", 9.99],
  ["pPercent", Number.NaN],
];
for (const [rule, value] of loose)
  t.test(`${rule} ${value} is refused and named`, async (t) => {
    t.match(completeRules({ [rule]: value }, floor), { code: "AGREEMENT_RULES_TOO_LOOSE", detail: { rule } });
  });

for (const mode of releaseModes)
  t.test(`the mode ${mode} is agreed on exactly where the platform offers it`, async (t) => {
    const offered = implementedModes.includes(mode);
    t.match(completeRules({ mode }, floor), offered ? { mode, minOwners: 12 } : { code: "AGREEMENT_MODE_NOT_OFFERED" });
  });

t.test("the mode that the parties leave out is the floor's", async (t) => {
  t.same(completeRules({ minOwners: 30 }, floor), { ...floor, minOwners: 30 });
});
