import t from "tap";
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from "../../src/kernel/merkle.ts";

const encoder = new TextEncoder();
const leaves = Array.from({ length: 70 }, (_, index) => leafHash(encoder.encode(`entry ${index}`)));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const range = { code: "KERNEL_MERKLE_RANGE" };

t.test("the reference tree of eight leaves has its published roots", async (t) => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];
  const hashes = inputs.map((hex) => leafHash(fromHex(hex)));
  for (const [index, root] of roots.entries()) {
    t.equal(Buffer.from(rootOfLeaves(hashes.slice(0, index + 1))).toString("hex"), root);
  }
});

t.test("the tree without leaves has the hash of nothing", async (t) => {
  t.equal(base64(rootOfLeaves([])), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  t.same(rootOfLeaves([]), emptyRoot());
});

t.test("an entry can never be passed off as an inner node", async (t) => {
  const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
  t.notSame(leafHash(Buffer.concat([left, right])), nodeHash(left, right));
});

t.test("every leaf of every tree up to 70 leaves proves itself, and no other", async (t) => {
  for (let size = 1; size <= leaves.length; size++) {
    const root = rootOfLeaves(leaves.slice(0, size));
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(leaves, index, size);
      const leaf = leaves[index] ?? emptyRoot();
      const claim = { leafHash: leaf, index: BigInt(index), size: BigInt(size), proof, root };
      if (!verifyInclusion(claim)) t.fail(`leaf ${index} of ${size} does not verify`);
      if (size > 1 && verifyInclusion({ ...claim, index: (index + 1) % size })) t.fail(`${index} of ${size} at another index`);
      if (verifyInclusion({ ...claim, leafHash: emptyRoot() })) t.fail(`another leaf at ${index} of ${size}`);
      if (verifyInclusion({ ...claim, proof: [...proof, root] })) t.fail(`a longer proof for ${index} of ${size}`);
    }
  }
  t.pass("2,485 proofs");
});

t.test("every earlier tree up to 70 leaves is shown to be a prefix, a forged one never", async (t) => {
  const roots = leaves.map((_, index) => rootOfLeaves(leaves.slice(0, index + 1)));
  for (let size2 = 1; size2 <= leaves.length; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) {
      const [root1, root2] = [roots[size1 - 1] ?? emptyRoot(), roots[size2 - 1] ?? emptyRoot()];
      const claim = { size1, size2, root1, root2, proof: consistencyProof(leaves, size1, size2) };
      if (!verifyConsistency(claim)) t.fail(`${size1} → ${size2} does not verify`);
      if (verifyConsistency({ ...claim, root1: emptyRoot() })) t.fail(`${size1} → ${size2} with another old root`);
      if (verifyConsistency({ ...claim, root2: emptyRoot() })) t.fail(`${size1} → ${size2} with another new root`);
    }
  }
  t.pass("2,485 proofs");
});

t.test("a size or index that is no exact count verifies nothing", async (t) => {
  const root = rootOfLeaves(leaves.slice(0, 1));
  const leaf = leaves[0] ?? emptyRoot();
  for (const [index, size] of [
    [0n, 1n << 64n],
    [-1n, 1n],
    [0.5, 1],
    [0, 2 ** 53],
    [(1n << 64n) - 1n, 1n],
  ] as const) {
    t.equal(verifyInclusion({ leafHash: leaf, index, size, proof: [], root }), false, `${index} of ${size}`);
  }
  t.equal(verifyConsistency({ size1: 1n, size2: 1n << 64n, root1: root, root2: root, proof: [] }), false);
});

t.test("a proof nobody can make is refused", async (t) => {
  t.throws(() => inclusionProof(leaves, 5, 5), range);
  t.throws(() => inclusionProof(leaves, 0, 71), range);
  t.throws(() => inclusionProof(leaves, -1, 5), range);
  t.throws(() => inclusionProof([Uint8Array.of(1), Uint8Array.of(2)], 0, 2), range, "leaves that are no hashes");
  t.throws(() => consistencyProof(leaves, 0, 5), range);
  t.throws(() => consistencyProof(leaves, 6, 5), range);
  t.throws(() => consistencyProof(leaves, 5, 71), range);
});
