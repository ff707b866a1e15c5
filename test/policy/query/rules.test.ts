import t from "tap";
import { checkAgainstFloor, implementedModes, platformFloor, releaseModes } from "../../../src/policy/query/index.ts";

t.test("rules as strict as the floor, or stricter, are taken", async (t) => {
  t.equal(checkAgainstFloor(platformFloor, platformFloor), undefined);
  t.equal(checkAgainstFloor({ ...platformFloor, minOwners: 30, dominanceShare: 0.7, pPercent: 20 }, platformFloor), undefined);
});

t.test("each rule below the floor is refused by name", async (t) => {
  for (const [change, rule] of [
    [{ minOwners: 9 }, "minOwners"],
    [{ dominanceShare: 0.91 }, "dominanceShare"],
    [{ pPercent: 9.9 }, "pPercent"],
  ] as const) {
    const refusal = checkAgainstFloor({ ...platformFloor, ...change }, platformFloor);
    t.equal(refusal?.code, "POLICY_RULES_BELOW_FLOOR");
    t.equal(refusal?.detail?.["rule"], rule);
  }
});

t.test("figures that are no rule at all are refused, not compared", async (t) => {
  for (const change of [
    { minOwners: 10.5 },
    { minOwners: Number.NaN },
    { dominanceShare: 0 },
    { dominanceShare: Number.NaN },
    { pPercent: Number.POSITIVE_INFINITY },
  ]) {
    t.equal(
      checkAgainstFloor({ ...platformFloor, ...change }, platformFloor)?.code,
      "POLICY_RULES_INVALID",
      JSON.stringify(change),
    );
  }
});

t.test("a mode is taken only where the compiler keeps it", async (t) => {
  for (const mode of releaseModes) {
    const code = checkAgainstFloor({ ...platformFloor, mode }, platformFloor)?.code;
    t.equal(code, implementedModes.includes(mode) ? undefined : "POLICY_MODE_NOT_IMPLEMENTED", mode);
  }
});

t.test("true figures are refused where the floor perturbs them", async (t) => {
  const refusal = checkAgainstFloor(platformFloor, { ...platformFloor, mode: "cell-key" });
  t.match(refusal, { code: "POLICY_RULES_BELOW_FLOOR", detail: { rule: "mode", least: "cell-key" } });
});
