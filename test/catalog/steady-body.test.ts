import { setImmediate } from "node:timers/promises";
import t from "tap";
import { createReadingSlots } from "../../src/catalog/reading-slots.ts";
import { steadyBody } from "../../src/catalog/steady-body.ts";

async function drain(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

t.test("a body that keeps coming passes whole", async (t) => {
  async function* body() {
    for (let at = 0; at < 20; at++) yield Buffer.alloc(1000);
  }
  const steady = steadyBody(body(), 5000);
  t.equal(await drain(steady), 20_000);
  t.notOk(steady.isStalled());
});

t.test("a sender that says nothing more is given up", async (t) => {
  async function* body() {
    yield Buffer.alloc(10);
    await new Promise(() => undefined);
  }
  const steady = steadyBody(body(), 20);
  await t.rejects(drain(steady), { message: "the sender is silent" });
  t.ok(steady.isStalled());
});

t.test("a byte now and then is no sign of life", async (t) => {
  async function* body() {
    for (;;) {
      await setImmediate();
      yield Buffer.alloc(1);
    }
  }
  const steady = steadyBody(body(), 20);
  await t.rejects(drain(steady), { message: "the sender is silent" });
  t.ok(steady.isStalled());
});

t.test("a sender that breaks off is no stalled one", async (t) => {
  async function* body() {
    yield Buffer.alloc(10);
    throw new Error("connection reset");
  }
  const steady = steadyBody(body(), 5000);
  await t.rejects(drain(steady), { message: "connection reset" });
  t.notOk(steady.isStalled());
});

t.test("slots are counted in all and of each organisation, and given back after a failure", async (t) => {
  const slots = createReadingSlots({ all: 3, each: 2 });
  const ends: (() => void)[] = [];
  const hold = () => new Promise<string>((resolve) => void ends.push(() => resolve("done")));
  const a = [slots.within("a", hold), slots.within("a", hold)];
  t.equal(await slots.within("a", hold), undefined, "a third one of the same");
  const b = slots.within("b", hold);
  t.equal(await slots.within("c", hold), undefined, "a fourth one in all");
  for (const end of ends.splice(0)) end();
  t.same(await Promise.all([...a, b]), ["done", "done", "done"]);
  await t.rejects(
    slots.within("a", async () => {
      throw new Error("no");
    }),
  );
  t.equal(await slots.within("a", async () => "again"), "again");
});
