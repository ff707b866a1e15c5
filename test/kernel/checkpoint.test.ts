import t from "tap";
import { formatCheckpoint, parseCheckpoint, signCheckpoint, verifyCheckpoint } from "../../src/kernel/checkpoint.ts";
import { emptyRoot } from "../../src/kernel/merkle.ts";
import { createNoteSigner, ed25519KeyOfSeed, parseVerifierKey } from "../../src/kernel/note-key.ts";
import { signNote } from "../../src/kernel/signed-note.ts";

const signer = createNoteSigner("hanguang.example/audit", ed25519KeyOfSeed(Buffer.alloc(32, 3)));
const verifier = parseVerifierKey(signer.verifierKey);
const checkpoint = { origin: "hanguang.example/audit", size: 20852163n, root: emptyRoot(), extensions: [] };
const text = "hanguang.example/audit\n20852163\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

t.test("a checkpoint has the three lines of tlog-checkpoint and reads back as itself", async (t) => {
  t.equal(formatCheckpoint(checkpoint), text);
  t.same(parseCheckpoint(text), { kind: "checkpoint", ...checkpoint });
  const largest = { ...checkpoint, size: (1n << 64n) - 1n, extensions: ["extra 1", "extra 2"] };
  t.same(parseCheckpoint(formatCheckpoint(largest)), { kind: "checkpoint", ...largest });
  t.same(parseCheckpoint(formatCheckpoint({ ...checkpoint, size: 0n })), { kind: "checkpoint", ...checkpoint, size: 0n });
});

t.test("a checkpoint with two readings is refused", async (t) => {
  const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const bad of [
    "",
    "log\n",
    `log\n1\n${root}`,
    `\n1\n${root}\n`,
    `log\n01\n${root}\n`,
    `log\n-1\n${root}\n`,
    `log\n+1\n${root}\n`,
    `log\n1e3\n${root}\n`,
    `log\n \n${root}\n`,
    `log\n18446744073709551616\n${root}\n`,
    `log\n1\n${root.slice(0, -4)}\n`,
    `log\n1\n${root.replace("FU=", "FV=")}\n`,
    `log\n1\n${root}\n\n`,
    `log\n1\n${root}\n\nextra\n`,
  ]) {
    t.match(parseCheckpoint(bad), { kind: "refused", code: "KERNEL_CHECKPOINT_MALFORMED" }, JSON.stringify(bad));
  }
});

t.test("a checkpoint that could not be read back is never made", async (t) => {
  const code = { code: "KERNEL_NOTE_MALFORMED" };
  t.throws(() => formatCheckpoint({ ...checkpoint, origin: "" }), code);
  t.throws(() => formatCheckpoint({ ...checkpoint, origin: "a\n5" }), code);
  t.throws(() => formatCheckpoint({ ...checkpoint, size: -1n }), code);
  t.throws(() => formatCheckpoint({ ...checkpoint, root: Uint8Array.of(1) }), code);
  t.throws(() => formatCheckpoint({ ...checkpoint, extensions: [""] }), code);
});

t.test("a signed checkpoint verifies for its own log only", async (t) => {
  const note = signCheckpoint(checkpoint, [signer]);
  t.match(verifyCheckpoint(note, checkpoint.origin, [verifier]), { kind: "checkpoint", size: 20852163n });
  t.match(verifyCheckpoint(note, "hanguang.example/other", [verifier]), { code: "KERNEL_CHECKPOINT_OTHER_ORIGIN" });
  t.match(verifyCheckpoint(note.replace("20852163", "20852164"), checkpoint.origin, [verifier]), {
    code: "KERNEL_NOTE_SIGNATURE_INVALID",
  });
  t.match(verifyCheckpoint(signNote("just a text\n", [signer]), checkpoint.origin, [verifier]), {
    code: "KERNEL_CHECKPOINT_MALFORMED",
  });
});
