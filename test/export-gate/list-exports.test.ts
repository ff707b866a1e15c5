import t from "tap";
import { expectValue } from "../support/value.ts";
import { openGate } from "./gate-fixture.ts";

const { gate, people, agreement, ids, clock, ...fixture } = await openGate(t);
const { analyst, operatorAdmin, stranger, officer, reviewer1, reviewer2, authority } = people;
const request: typeof fixture.request = (over) => {
  // Ids go by the millisecond they were made in.
  clock.advance(1);
  return fixture.request(over);
};

t.test("everybody lists the exports they may read, newest first, in pages that stand still", async (t) => {
  const before = (await gate.list(analyst, {})).items.length;
  const made = [await request(), await request({ productName: "13812345678" }), await request()];
  const newest = made.map(({ id }) => id).reverse();
  for (const caller of [analyst, operatorAdmin, officer, reviewer1, authority])
    t.strictSame(
      (await gate.list(caller, {})).items.slice(0, 3).map(({ id }) => id),
      newest,
      caller.login,
    );
  t.strictSame((await gate.list(stranger, {})).items, []);

  const first = await gate.list(analyst, { limit: 2 });
  t.strictSame(
    first.items.map(({ id }) => id),
    newest.slice(0, 2),
  );
  await request();
  const second = await gate.list(analyst, { limit: 2, cursor: first.next });
  t.equal(second.items[0]?.id, newest[2]);
  t.equal((await gate.list(analyst, { limit: 1000 })).items.length, before + 4);
  t.equal((await gate.list(analyst, { limit: 0 })).items.length, 1);
  t.equal((await gate.list(analyst, { limit: 200 })).next, undefined);

  t.strictSame(
    (await gate.list(reviewer1, { state: "blocked", agreement })).items.slice(0, 1).map(({ id, verdict }) => [id, verdict]),
    [[newest[1], "block"]],
  );
  t.strictSame((await gate.list(reviewer1, { agreement: ids.make("agreement") })).items, []);
});

t.test("a reviewer's list shows his own vote and nobody else's", async (t) => {
  const { id } = await request();
  expectValue(await gate.vote(reviewer1, { export: id, decision: "approve", reason: "" }));
  const seenBy = async (caller: typeof analyst) => (await gate.list(caller, { limit: 1 })).items[0];
  t.match(await seenBy(reviewer1), { id, yourVote: "approve" });
  for (const caller of [reviewer2, officer, analyst, authority]) t.match(await seenBy(caller), { id, yourVote: null });
  t.notMatch(JSON.stringify(await seenBy(analyst)), /votesIn|approvals|evidence/);
});
