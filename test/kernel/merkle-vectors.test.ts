import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { verifyConsistency, verifyInclusion } from "../../src/kernel/merkle.ts";

// transparency-dev/merkle testdata: 98 inclusion and 98 consistency proofs, good and forged.
const folder = join(import.meta.dirname, "../../../shared/data/merkle");

/** Two vectors hold 2^64−1, which JSON.parse would round: counts are read as text. */
interface Vector {
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly [field: string]: unknown;
}

function load(kind: string): (readonly [string, Vector])[] {
  const files = readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => {
      const text = readFileSync(join(folder, kind, file), "utf8");
      return [file, JSON.parse(text.replace(/"(leafIdx|treeSize|size1|size2)": (\d+)/g, '"$1": "$2"')) as Vector] as const;
    });
}

const bytes = (value: unknown) => new Uint8Array(Buffer.from(typeof value === "string" ? value : "", "base64"));
const count = (value: unknown) => BigInt(String(value));

const options = existsSync(folder) ? {} : { skip: `no test vectors at ${folder}` };

t.test("all 98 inclusion vectors are judged as their makers judge them", options, async (t) => {
  const vectors = load("inclusion");
  t.equal(vectors.length, 98);
  for (const [file, vector] of vectors) {
    const verified = verifyInclusion({
      leafHash: bytes(vector["leafHash"]),
      index: count(vector["leafIdx"]),
      size: count(vector["treeSize"]),
      proof: (vector.proof ?? []).map(bytes),
      root: bytes(vector["root"]),
    });
    t.equal(verified, !vector.wantErr, file);
  }
});

t.test("all 98 consistency vectors are judged as their makers judge them", options, async (t) => {
  const vectors = load("consistency");
  t.equal(vectors.length, 98);
  for (const [file, vector] of vectors) {
    const verified = verifyConsistency({
      size1: count(vector["size1"]),
      size2: count(vector["size2"]),
      root1: bytes(vector["root1"]),
      root2: bytes(vector["root2"]),
      proof: (vector.proof ?? []).map(bytes),
    });
    t.equal(verified, !vector.wantErr, file);
  }
});
