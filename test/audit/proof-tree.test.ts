import t from "tap";
import { createProofTree } from "../../src/audit/proof-tree.ts";
import { createSequencer } from "../../src/audit/sequencer.ts";
import { inclusionProof, leafHash, rootOfLeaves } from "../../src/kernel/index.ts";
import { openTestStore } from "../support/store.ts";

const { store } = await openTestStore(t);
const sequencer = createSequencer({ store, intervalMs: 60_000, log: () => undefined });
t.teardown(() => sequencer.close());
const session = await store.session();
const add = (count: number) =>
  session.query(
    `INSERT INTO audit_event (id, leaf)
     SELECT 'e' || g, convert_to('{"actor":{"kind":"anonymous"},"object":"o' || g || '"}', 'UTF8')
     FROM generate_series((SELECT count(*) FROM audit_event) + 1, (SELECT count(*) FROM audit_event) + $1::int) g`,
    [count],
  );
await add(3000);
await sequencer.flush();
const stored = await store.db
  .selectFrom("audit_leaf")
  .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
  .select("leaf")
  .orderBy("leaf_index")
  .execute();
const leaves = stored.map(({ leaf }) => leafHash(leaf));
const hex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");
const sizes = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 767, 768, 1024, 1025, 1500, 2048, 2815, 2816, 2817, 3000];

t.test("roots of all shapes of tree are those of RFC 6962, asked for in any order", async (t) => {
  for (const order of [sizes, sizes.toReversed()]) {
    const tree = createProofTree(store);
    for (const size of order) t.equal(hex(await tree.root(size)), hex(rootOfLeaves(leaves.slice(0, size))), `size ${size}`);
  }
});

t.test("inclusion proofs are those of RFC 6962, however far the tree was read before", async (t) => {
  const tree = createProofTree(store);
  await tree.root(3000);
  for (const size of sizes.slice(1))
    for (const index of new Set([0, 1, size >> 1, size - 2, size - 1, 255, 256].filter((at) => at >= 0 && at < size)))
      t.strictSame(
        (await tree.inclusion(index, size)).map(hex),
        inclusionProof(leaves, index, size).map(hex),
        `leaf ${index} of ${size}`,
      );
});

t.test("more leaves extend the tree; a size beyond the log is an error", async (t) => {
  const tree = createProofTree(store);
  await tree.root(300);
  await add(1000);
  const { size, root } = await sequencer.flush();
  t.equal(size, 4000n);
  t.equal(hex(await tree.root(4000)), hex(root));
  await t.rejects(tree.root(4001), { code: "AUDIT_LOG_BROKEN", message: /missing/ });
  await t.rejects(tree.root(9000), { code: "AUDIT_LOG_BROKEN", message: /missing/ });
  t.equal(hex(await tree.root(4000)), hex(root), "a failed question spoils nothing");
  await session.end();
});
