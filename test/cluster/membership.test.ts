import { setTimeout as wait } from "node:timers/promises";
import t, { type Test } from "tap";
import { parseLeaf } from "../../src/audit/event.ts";
import { expectOne } from "../../src/audit/index.ts";
import { PeerWatch } from "../../src/cluster/watch.ts";
import { joinTestGateway } from "../support/gateway.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const events = async ({ store }: TestStore, object: string) => {
  const rows = await store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return rows.map(({ leaf }) => parseLeaf(leaf)).filter((event) => event.object === object);
};
const typesOf = async (base: TestStore, object: string) => (await events(base, object)).map(({ type }) => type);
/** The store as one that others use too: nobody before is then taken for dead. */
const asShared = (base: TestStore): TestStore => ({ ...base, store: { ...base.store, shared: true } });
const until = async (t: Test, condition: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    if (await condition()) return;
    await wait(50);
  }
  t.fail("it did not come to pass within 30 s");
};

t.test("who watches declares nobody lost before a whole lease without a sign, watched without a gap", (t) => {
  const watch = new PeerWatch(1000);
  const look = (at: number, signs: Readonly<Record<string, string>>) =>
    watch.look(
      Object.entries(signs).map(([id, sign]) => ({ id, sign })),
      at,
    );
  t.same(look(0, { a: "1", b: "1" }), []);
  for (const at of [300, 600, 900]) t.same(look(at, { a: "1", b: String(at) }), []);
  t.same(look(1100, { a: "1", b: "2" }), ["a"], "silent for the lease; the other one spoke");
  watch.forget();
  t.same(look(1200, { a: "1", b: "2" }), [], "after a failure everybody has a lease of time");
  for (const at of [1500, 1800, 2100]) t.same(look(at, { a: "1", b: "2" }), []);
  t.same(look(2300, { a: "1", b: "2" }), ["a", "b"]);
  t.same(look(9000, { a: "1", b: "2" }), [], "we ourselves were paused, perhaps together with the others");
  t.same(look(9300, { a: "1" }), []);
  for (const at of [9600, 9900, 10_050]) look(at, { a: "1" });
  t.same(look(10_100, { a: "1", c: "1" }), ["a"], "and a new one begins its own lease");
  t.end();
});

t.test("on a store of its own a gateway declares those before it lost at once, and what they write misses", async (t) => {
  const base = await openTestStore(t);
  const first = await joinTestGateway(t, base, { beatMs: 20 });
  t.same(await first.alive(), new Set([first.id]));
  const family = (id: string) =>
    base.work.change({ type: "family.created", actor: { kind: "anonymous" }, object: id, outcome: "done" }, [
      expectOne(
        base.store.db.insertInto("resource_family").values({ id, title: id, created_at: base.clock.now() }).returning("id"),
      ),
      first.fence(),
    ]);
  t.match(await family("while it lives"), { kind: "done" });
  const second = await joinTestGateway(t, base);
  t.same(await second.alive(), new Set([second.id]));
  t.match(await family("after it was declared lost"), { kind: "conflict" });
  t.same(await base.store.db.selectFrom("resource_family").select("id").execute(), [{ id: "while it lives" }]);
  await first.lost;
  t.same(await typesOf(base, first.id), ["gateway.started", "gateway.lost"]);
  t.match((await events(base, first.id)).at(-1), { links: { by: second.id } });
  await first.close();
  t.same(await typesOf(base, first.id), ["gateway.started", "gateway.lost"], "one that is lost does not stop as well");
  await second.close();
  t.same(await typesOf(base, second.id), ["gateway.started", "gateway.stopped"]);
});

t.test("on a shared store one that gives no sign is declared lost once, by one; those that do are not", async (t) => {
  const base = asShared(await openTestStore(t));
  const dead = base.ids.make("gateway");
  const now = base.clock.now();
  await base.store.db.insertInto("gateway").values({ id: dead, name: "dead", started_at: now, seen_at: now }).execute();
  let swept = 0;
  const join = () => joinTestGateway(t, base, { beatMs: 50, leaseMs: 1500, onPeerGone: () => swept++ });
  const living = await Promise.all([join(), join(), join()]);
  t.ok((await living[0]?.alive())?.has(dead), "not taken for dead before it was watched");
  await until(t, async () => !(await living[0]?.alive())?.has(dead));
  await until(t, async () => swept >= 3);
  t.same(await living[1]?.alive(), new Set(living.map(({ id }) => id)));
  t.same(await typesOf(base, dead), ["gateway.lost"]);
});
