import { EventEmitter, once } from "node:events";
import t from "tap";
import { createStateFeed } from "../../src/sandbox/state-feed.ts";
import { openQueue } from "./queue-fixture.ts";

const queue = await openQueue(t);
const operator = await queue.operator("运营公司");
const gateway = await queue.gateway(10);
const bus = new EventEmitter();
const problems: unknown[] = [];
// No look of its own within this test's life: only what is heard counts.
const feed = createStateFeed({ store: queue.store, intervalMs: 3_600_000, log: (_, error) => problems.push(error) });
t.teardown(() => feed.close());

t.test("what is heard of a watched job is looked up and told, of another it is not", async (t) => {
  const [watched = "", other = ""] = await operator.submit(2);
  const told: string[] = [];
  const stop = feed.watch(watched, () => {
    told.push("watched");
    bus.emit("told");
  });
  const first = once(bus, "told");
  feed.lookAll();
  await first;
  feed.hear([other, undefined]);
  await gateway.next();
  const second = once(bus, "told");
  // A signal whose object is the result names the job as what it came from.
  feed.hear(["res_of_it", watched]);
  await second;
  t.strictSame(told, ["watched", "watched"]);
  stop();
});

t.test("a change that is heard during a look is looked up after it", async (t) => {
  const [job = ""] = await operator.submit(1);
  let times = 0;
  const stop = feed.watch(job, () => {
    times += 1;
    bus.emit("told");
  });
  const first = once(bus, "told");
  for (let at = 0; at < 1000; at += 1) feed.hear([job]);
  await first;
  const second = once(bus, "told");
  for (let claim = await gateway.next(); claim?.job !== job; claim = await gateway.next())
    if (claim === undefined) throw new Error("the job is not in the queue");
  feed.hear([job]);
  feed.hear([job]);
  await second;
  t.equal(times, 2);
  stop();
});

t.test("when an agreement ends every listener is told to look", async (t) => {
  const [job = ""] = await operator.submit(1);
  let times = 0;
  const stop = feed.watch(job, () => {
    times += 1;
  });
  feed.tellAll();
  t.equal(times, 1);
  stop();
  feed.tellAll();
  t.equal(times, 1, "but for one that stopped");
});

t.test("a store that does not answer is told to the operator, and the next look is made", async (t) => {
  const [job = ""] = await operator.submit(1);
  const broken = createStateFeed({
    store: {
      ...queue.store,
      db: {
        selectFrom: () => {
          throw new Error("gone");
        },
      },
    } as unknown as typeof queue.store,
    intervalMs: 3_600_000,
    log: (message) => bus.emit("problem", message),
  });
  const stop = broken.watch(job, () => undefined);
  for (const _ of [1, 2]) {
    const problem = once(bus, "problem");
    broken.hear([job]);
    t.match(await problem, [/could not be read/]);
  }
  stop();
  broken.close();
  t.strictSame(problems, []);
});
