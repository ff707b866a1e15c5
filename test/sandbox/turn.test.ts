import t from "tap";
import type { Claim } from "../../src/sandbox/claims.ts";
import { openQueue } from "./queue-fixture.ts";

const queue = await openQueue(t);
const { store, clock } = queue;
const running = async (operator: string): Promise<number> => {
  const rows = await store.db
    .selectFrom("job")
    .select("id")
    .where("operator_id", "=", operator)
    .where("state", "=", "running")
    .execute();
  return rows.length;
};
const empty = async (): Promise<void> => {
  await store.db.updateTable("job").set({ state: "cancelled" }).where("state", "in", ["queued", "running"]).execute();
};

t.test("within an operator the more urgent come first, and among equals the older", async (t) => {
  const operator = await queue.operator("甲");
  const low = await operator.submit(2, 0);
  const normal = await operator.submit(2);
  const high = await operator.submit(2, 2);
  const gateway = await queue.gateway(6);
  const order: string[] = [];
  for (let claim = await gateway.next(); claim !== undefined; claim = await gateway.next()) order.push(claim.job);
  t.strictSame(order, [...high, ...normal, ...low]);
  await empty();
});

t.test("one operator's flood costs another's first job one place, whatever its priority", async (t) => {
  const [flood, other] = [await queue.operator("乙"), await queue.operator("丙")];
  await flood.submit(1000, 2);
  const [mine] = await other.submit(1, 0);
  const gateway = await queue.gateway(4);
  const first: Claim[] = [];
  for (let place = 0; place < 2; place++) {
    clock.advance(1);
    first.push(...[await gateway.next()].filter((claim) => claim !== undefined));
  }
  t.ok(
    first.some(({ job }) => job === mine),
    "it is among the first two of a thousand and one",
  );
  for (const claim of first) await queue.end(claim);
  // One worker, which takes the next job whenever one ends: the operators take turns.
  await other.submit(5);
  const served: string[] = [];
  for (let turn = 0; turn < 10; turn++) {
    clock.advance(1);
    const claim = await gateway.next();
    if (claim === undefined) throw new Error("the queue is empty");
    served.push(
      (await store.db.selectFrom("job").select("operator_id").where("id", "=", claim.job).executeTakeFirstOrThrow()).operator_id,
    );
    await queue.end(claim);
  }
  t.equal(served.filter((id) => id === other.id).length, 5);
  t.ok(
    served.every((id, at) => at === 0 || id !== served[at - 1]),
    "strictly by turns",
  );
  await empty();
});

t.test("an operator never holds more places than it may, and a free one goes to whoever holds fewest", async (t) => {
  const [flood, other] = [await queue.operator("丁"), await queue.operator("戊")];
  await flood.submit(20);
  const gateway = await queue.gateway(3);
  const held: Claim[] = [];
  for (let claim = await gateway.next(); claim !== undefined; claim = await gateway.next()) held.push(claim);
  t.equal(held.length, 3, "the rest wait although workers are free");
  const [mine] = await other.submit(1);
  await queue.end(held[0] as Claim);
  clock.advance(1);
  t.equal((await gateway.next())?.job, mine);
  t.not(await gateway.next(), undefined, "and the freed place is the flood's again");
  t.equal(await gateway.next(), undefined);
  await empty();
});

t.test("gateways that claim at one moment neither share a job nor exceed an operator's places", async (t) => {
  const operator = await queue.operator("己");
  await operator.submit(30);
  const gateways = await Promise.all(Array.from({ length: 4 }, () => queue.gateway(3)));
  const claimed = new Set<string>();
  for (let round = 0; round < 4; round++) {
    const claims = (await Promise.all(gateways.flatMap((gateway) => [gateway.next(), gateway.next()]))).filter(
      (claim) => claim !== undefined,
    );
    t.ok((await running(operator.id)) <= 3);
    for (const claim of claims) {
      t.notOk(claimed.has(claim.job));
      claimed.add(claim.job);
      await queue.end(claim);
    }
  }
  t.ok(claimed.size >= 4, "and each round somebody wins");
  await empty();
});

t.test("a place of an interrupted job is free again", async (t) => {
  const operator = await queue.operator("庚");
  await operator.submit(2);
  const gateway = await queue.gateway(1);
  t.not(await gateway.next(), undefined);
  t.equal(await gateway.next(), undefined);
  clock.advance(60_000);
  t.equal(await gateway.interruptSilent(clock.now()), 1);
  t.not(await gateway.next(), undefined);
});
