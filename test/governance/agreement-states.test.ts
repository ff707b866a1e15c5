import t from "tap";
import { agreementTransitions, statesBefore } from "../../src/governance/agreement-states.ts";

t.test("an agreement comes into force by way of approval only, and nothing leads back or out of the end", async (t) => {
  t.same(agreementTransitions, {
    draft: ["approved", "ended"],
    approved: ["in-force", "ended"],
    "in-force": ["ended"],
    ended: [],
  });
  t.same(statesBefore("approved"), ["draft"]);
  t.same(statesBefore("in-force"), ["approved"]);
  t.same(statesBefore("ended"), ["draft", "approved", "in-force"]);
  t.same(statesBefore("draft"), []);
});
