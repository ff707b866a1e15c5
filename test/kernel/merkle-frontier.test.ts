import t from "tap";
import { leafHash, rootOfLeaves } from "../../src/kernel/merkle.ts";
import { MerkleFrontier } from "../../src/kernel/merkle-frontier.ts";

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(new TextEncoder().encode(`${index}`)));
const range = { code: "KERNEL_MERKLE_RANGE" };

t.test("after every append the frontier has the root of all leaves, also through a restart", async (t) => {
  let frontier = MerkleFrontier.empty;
  t.same(frontier.root, rootOfLeaves([]));
  for (const [index, leaf] of leaves.entries()) {
    frontier = MerkleFrontier.fromState(JSON.parse(JSON.stringify(frontier))).append(leaf);
    const expected = rootOfLeaves(leaves.slice(0, index + 1));
    if (Buffer.compare(frontier.root, expected) !== 0) t.fail(`root after ${index + 1} leaves`);
  }
  t.equal(frontier.size, 300n);
});

t.test("an append leaves the old frontier as it was, for a transaction that rolls back", async (t) => {
  const leaf = leaves[0] ?? new Uint8Array(32);
  const before = leaves.slice(0, 7).reduce((frontier, next) => frontier.append(next), MerkleFrontier.empty);
  const state = before.toState();
  before.append(leaf);
  before.root.fill(0);
  t.same(before.toState(), state);
  t.equal(MerkleFrontier.empty.size, 0n);
});

t.test("a leaf that its maker overwrites later does not change the tree", async (t) => {
  const leaf = leafHash(Uint8Array.of(7));
  const frontier = MerkleFrontier.empty.append(leaf);
  const root = frontier.root;
  leaf.fill(0);
  t.same(frontier.root, root);
});

t.test("a state that no frontier could have is refused", async (t) => {
  const good = MerkleFrontier.empty.append(leaves[0] ?? new Uint8Array(32)).toState();
  t.same(MerkleFrontier.fromState(good).toState(), good);
  for (const state of [
    { ...good, size: "01" },
    { ...good, size: "-1" },
    { ...good, size: "1e3" },
    { ...good, size: "3" },
    { ...good, size: "0" },
    { ...good, hashes: ["00"] },
    { ...good, hashes: good.hashes.map((hash) => hash.toUpperCase().replace(/^./, "A")) },
    { size: "18446744073709551616", hashes: good.hashes },
  ]) {
    t.throws(() => MerkleFrontier.fromState(state), range, JSON.stringify(state));
  }
  t.throws(() => MerkleFrontier.empty.append(Uint8Array.of(1)), range);
});
