import t from "tap";
import { totpCode } from "../../scripts/demo/authenticator.ts";
import { createTotp } from "../../src/identity/otpauth-totp.ts";
import { systemRandom } from "../../src/kernel/index.ts";
import { createTestClock } from "../support/store.ts";

const clock = createTestClock();
const totp = createTotp({ clock, random: systemRandom });
/** RFC 6238 appendix B: its SHA-1 secret, seconds, and the last six of its eight digits. */
const secret = Buffer.from("12345678901234567890");
const base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const vectors = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
] as const;

for (const [seconds, code] of vectors)
  t.test(`the RFC's code at ${seconds} s is the platform's and the demo app's`, (t) => {
    clock.set(new Date(seconds * 1000));
    const step = Math.floor(seconds / 30);
    t.equal(totp.stepOf(secret, code), step);
    t.equal(totpCode(base32, step), code);
    t.end();
  });

t.test("a code is taken one step early and one step late, to the millisecond, and no further", (t) => {
  const step = 50_000_000;
  const code = totpCode(base32, step);
  const at = (milliseconds: number) => {
    clock.set(new Date(step * 30_000 + milliseconds));
    return totp.stepOf(secret, code);
  };
  t.equal(at(-30_000), step);
  t.equal(at(-30_001), undefined);
  t.equal(at(59_999), step);
  t.equal(at(60_000), undefined);
  t.end();
});

t.test("what is no code of six digits is none", (t) => {
  for (const code of ["", "28708", "2870822", "94287082", "287 082", "２８７０８２", "abcdef", "-87082"]) {
    clock.set(new Date(59_000));
    t.equal(totp.stepOf(secret, code), undefined, code);
  }
  t.end();
});

t.test("a secret has 160 random bits, and is shown for typing and as a QR code", (t) => {
  const made = totp.makeSecret();
  t.equal(made.length, 20);
  t.notSame(totp.makeSecret(), made);
  const shown = totp.present(secret, "ana");
  t.equal(shown.secret, base32);
  const uri = new URL(shown.uri);
  t.equal(uri.protocol, "otpauth:");
  t.match(Object.fromEntries(uri.searchParams), {
    secret: base32,
    issuer: "Hanguang",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
  t.end();
});
