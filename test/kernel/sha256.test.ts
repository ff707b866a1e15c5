import t from "tap";
import { sha256, sha256Hex, sha256OfParts } from "../../src/kernel/sha256.ts";

const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

t.test("SHA-256 gives the vectors of FIPS 180-4", async (t) => {
  t.equal(sha256Hex("abc"), abc);
  t.equal(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  t.equal(
    sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

t.test("text and its UTF-8 bytes, whole or in parts, have one hash", async (t) => {
  const bytes = new TextEncoder().encode("含光abc");
  t.equal(sha256Hex("含光abc"), sha256Hex(bytes));
  t.same(sha256(bytes), sha256OfParts(bytes.subarray(0, 2), bytes.subarray(2)));
  t.equal(Buffer.from(sha256("abc")).toString("hex"), abc);
  t.equal(sha256("abc").buffer.byteLength, 32, "the result shares no pool with other buffers");
});
