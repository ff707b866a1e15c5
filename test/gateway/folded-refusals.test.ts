import t from "tap";
import type { EventDraft } from "../../src/audit/index.ts";
import { createFoldedRefusals } from "../../src/gateway/folded-refusals.ts";
import { createIds, systemRandom } from "../../src/kernel/index.ts";
import { createTestClock } from "../support/store.ts";

const stranger = { key: "write 192.0.2.1", actor: { kind: "anonymous" }, object: "anonymous", data: {} } as const;

t.test("refusals that cannot be recorded for a while are recorded later, none of them lost", async (t) => {
  const written: unknown[] = [];
  const store: { isAway: boolean } = { isAway: false };
  const clock = createTestClock();
  const ids = createIds({ clock, random: systemRandom });
  const folded = createFoldedRefusals({
    type: "request.limited",
    code: "REQUEST_LIMIT",
    clock,
    windowMs: 60_000,
    log: () => undefined,
    work: {
      record: async ({ data }: EventDraft) => {
        if (store.isAway) throw new Error("the store is away");
        written.push(data?.["count"]);
        return ids.make("event");
      },
    },
  });
  await folded.note(stranger);
  for (let at = 0; at < 5; at++) await folded.note(stranger);
  store.isAway = true;
  await t.rejects(folded.close(), /away/);
  await folded.note(stranger);
  store.isAway = false;
  await folded.close();
  t.same(written, [1, 6], "the first at once, the others as one");
  await folded.close();
  t.same(written, [1, 6], "and none twice");
});
