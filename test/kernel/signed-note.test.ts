import t from "tap";
import { createNoteSigner, ed25519KeyOfSeed, formatVerifierKey, isKeyName, parseVerifierKey } from "../../src/kernel/note-key.ts";
import { formatNote, parseNote, signNote, verifyNote } from "../../src/kernel/signed-note.ts";

// The example of golang.org/x/mod/sumdb/note: a second implementation made these bytes.
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const note = `${text}\n${line}`;
const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const seed = Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1);

const peter = parseVerifierKey(vkey);
const other = createNoteSigner("example.org/log", ed25519KeyOfSeed(Buffer.alloc(32, 7)));
const malformed = { kind: "refused", code: "KERNEL_NOTE_MALFORMED" };

t.test("another implementation's note verifies, and its key makes the same bytes here", async (t) => {
  t.match(verifyNote(note, [peter]), { kind: "verified", text, verified: [{ name: "PeterNeumann", keyId: "c74f20a3" }] });
  const signer = createNoteSigner("PeterNeumann", ed25519KeyOfSeed(seed));
  t.equal(signer.verifierKey, vkey);
  t.equal(signNote(text, [signer]), note);
  t.equal(formatVerifierKey("PeterNeumann", peter.publicKey), vkey);
});

t.test("one changed character of the text, or one bit of the signature, is found", async (t) => {
  const invalid = { kind: "refused", code: "KERNEL_NOTE_SIGNATURE_INVALID", detail: { signer: "PeterNeumann" } };
  t.match(verifyNote(note.replace("answer", "Answer"), [peter]), invalid);
  t.match(verifyNote(note.replace("x08go/ZJ", "x08go/ZK"), [peter]), invalid);
});

t.test("lines of unknown keys are ignored, but they alone prove nothing", async (t) => {
  const both = signNote(text, [other, createNoteSigner("PeterNeumann", ed25519KeyOfSeed(seed))]);
  t.match(verifyNote(both, [peter]), { kind: "verified", unverified: [{ name: "example.org/log" }] });
  t.match(verifyNote(both, [peter, parseVerifierKey(other.verifierKey)]), { kind: "verified", verified: { length: 2 } });
  t.match(verifyNote(note, [parseVerifierKey(other.verifierKey)]), { kind: "refused", code: "KERNEL_NOTE_SIGNER_UNKNOWN" });
  t.match(verifyNote(note, []), { kind: "refused", code: "KERNEL_NOTE_SIGNER_UNKNOWN" });
});

t.test("a bad line of a trusted key spoils the note, though another trusted line holds", async (t) => {
  const forged = signNote("another text\n", [other]).split("\n\n")[1] ?? "";
  t.match(verifyNote(note + forged, [peter, parseVerifierKey(other.verifierKey)]), {
    code: "KERNEL_NOTE_SIGNATURE_INVALID",
  });
});

t.test("a repeated line of one key counts once", async (t) => {
  t.match(verifyNote(note + line, [peter]), { kind: "verified", verified: { length: 1 } });
});

t.test("a text with blank lines and a false signature block is divided at the last blank line", async (t) => {
  const tricky = `first\n\n${line}\nlast\n`;
  const signed = signNote(tricky, [other]);
  t.match(verifyNote(signed, [parseVerifierKey(other.verifierKey)]), { kind: "verified", text: tricky });
  t.match(verifyNote(signed, [peter]), { code: "KERNEL_NOTE_SIGNER_UNKNOWN" });
});

t.test("what is no note is refused and never thrown", async (t) => {
  const bad: Readonly<Record<string, string>> = {
    "nothing at all": "",
    "no signature": text,
    "no signature after the blank line": `${text}\n`,
    "no line feed at the end": note.slice(0, -1),
    "a hyphen for the dash": note.replace("—", "-"),
    "a carriage return": note.replace("problem,", "problem,\r"),
    "a NUL": note.replace("problem,", "\u0000"),
    "a lone surrogate": note.replace("problem,", "\ud800"),
    "a plus sign in the name": note.replace("PeterNeumann", "Peter+Neumann"),
    "another spelling of the same base64": note.replace("JnAM=", "JnAN="),
    "base64 without padding": note.replace("JnAM=", "JnAM"),
    "a key id and no signature": `${text}\n— a AAAAAA==\n`,
    "a line between the signatures": `${note}hello\n`,
    "a blank line behind": `${note}\n`,
    "101 signatures": `${text}\n${line.repeat(101)}`,
    "a text beyond all measure": `${"a".repeat(1_000_001)}\n${note}`,
  };
  for (const [name, value] of Object.entries(bad)) {
    t.match(parseNote(value), malformed, name);
    t.match(verifyNote(value, [peter]), malformed, name);
  }
});

t.test("a note that could not be read back is never made", async (t) => {
  const code = { code: "KERNEL_NOTE_MALFORMED" };
  t.throws(() => signNote("no line feed", [other]), code);
  t.throws(() => signNote("tab\t\n", [other]), code);
  t.throws(() => signNote(text, []), code);
  const signature = { name: "a", keyId: "00000000", signature: Uint8Array.of(1) };
  t.throws(() => formatNote({ text, signatures: [{ ...signature, name: "a b" }] }), code);
  t.throws(() => formatNote({ text, signatures: [{ ...signature, keyId: "0000000G" }] }), code);
  t.throws(() => formatNote({ text, signatures: [{ ...signature, signature: new Uint8Array() }] }), code);
  t.same(parseNote(formatNote({ text, signatures: [signature] })), { text, signatures: [signature] });
});

t.test("a verifier key whose parts do not belong together is refused", async (t) => {
  const code = { code: "KERNEL_NOTE_MALFORMED" };
  for (const bad of [
    "",
    "PeterNeumann",
    vkey.replace("c74f20a3", "c74f20a4"),
    vkey.replace("PeterNeumann", "PeterNeuman"),
    vkey.replace("+AR", "+Ah"),
    `${vkey}AAAA`,
    vkey.slice(0, -4),
  ]) {
    t.throws(() => parseVerifierKey(bad), code, bad);
  }
  t.throws(() => verifyNote(note, [peter, peter]), code, "two trusted keys of one name");
  t.throws(() => ed25519KeyOfSeed(Uint8Array.of(1)), code);
});

t.test("a key name holds no space, plus sign or control character", async (t) => {
  for (const name of ["hanguang.example/log", "含光/审计", "a"]) t.ok(isKeyName(name), name);
  for (const name of ["", "a b", "a+b", "a\u3000b", "a\u0085b", "a\u2028b", "a\n"])
    t.notOk(isKeyName(name), encodeURIComponent(name));
});
