import t from "tap";
import { createPasswords } from "../../src/identity/password.ts";
import { systemRandom } from "../../src/kernel/index.ts";

const passwords = createPasswords({ random: systemRandom });
const stored = await passwords.hash("correct horse battery staple");

t.test("a password is kept as scrypt in PHC form, salted anew each time", async (t) => {
  t.match(stored, /^\$scrypt\$ln=17,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  t.not(await passwords.hash("correct horse battery staple"), stored);
});

t.test("the right password is known, and no other", async (t) => {
  t.ok(await passwords.verify("correct horse battery staple", stored));
  t.notOk(await passwords.verify("correct horse battery stapl", stored));
  t.notOk(await passwords.verify("", stored));
});

t.test("the same characters in another Unicode form are the same password", async (t) => {
  t.ok(await passwords.verify("ｃｏｒｒｅｃｔ horse battery staple", stored));
});

t.test("nothing is right where nothing is stored", async (t) => {
  t.notOk(await passwords.verify("correct horse battery staple", undefined));
});

t.test("the parameters beside a hash are the ones it is checked with", async (t) => {
  // RFC 7914 §12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1), its first 32 bytes.
  const vector = Buffer.from("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2", "hex");
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  const hash = `$scrypt$ln=14,r=8,p=1$${text(Buffer.from("SodiumChloride"))}$${text(vector)}`;
  t.ok(await passwords.verify("pleaseletmein", hash));
  t.notOk(await passwords.verify("pleaseletmein", hash.replace("ln=14", "ln=13")));
});

for (const hash of ["", "plain text", stored.slice(0, -1), stored.replace("ln=17", "ln=177"), `${stored}x`])
  t.test(`a stored hash "${hash.slice(0, 24)}…" that is none is a fault, not a wrong password`, async (t) => {
    await t.rejects(passwords.verify("correct horse battery staple", hash), { code: "IDENTITY_PASSWORD_HASH_MALFORMED" });
    t.ok(await passwords.verify("correct horse battery staple", stored), "and does not hold up those behind it");
  });

t.test("more passwords than places are all checked", async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 7 }, (_, at) => passwords.verify(at % 2 === 0 ? "correct horse battery staple" : "no", stored)),
  );
  t.strictSame(answers, [true, false, true, false, true, false, true]);
});
