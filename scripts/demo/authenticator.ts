import { createHmac } from "node:crypto";

const periodMs = 30_000;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 base 32, upper case, without padding. */
function fromBase32(text: string): Buffer {
  let bits = 0n;
  for (const letter of text) bits = (bits << 5n) | BigInt(alphabet.indexOf(letter));
  const bytes = Math.floor((text.length * 5) / 8);
  bits >>= BigInt(text.length * 5 - bytes * 8);
  return Buffer.from(bits.toString(16).padStart(bytes * 2, "0"), "hex");
}

/** The code of one time step (RFC 6238 over RFC 4226: SHA-1, six digits, 30 seconds). */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

/** The time an authenticator lives in; a test's stands still until it is moved. */
export interface AuthenticatorTime {
  now(): Date;
  waitUntil(instant: Date): Promise<unknown>;
}

const realTime: AuthenticatorTime = {
  now: () => new Date(),
  waitUntil: (instant) => new Promise((resume) => setTimeout(resume, instant.getTime() - Date.now())),
};

/** An authenticator app that never shows a code twice: the platform takes each time step once. */
export class Authenticator {
  readonly secret: string;
  readonly #time: AuthenticatorTime;
  #lastStep = 0;

  /** `secret`: base 32, as the enrolment gave it. */
  constructor(secret: string, time: AuthenticatorTime = realTime) {
    this.secret = secret;
    this.#time = time;
  }

  /** A code that was not shown before: of this step, or of the next one, which the platform takes already; else it is waited for. */
  async code(): Promise<string> {
    const step = Math.max(Math.floor(this.#time.now().getTime() / periodMs), this.#lastStep + 1);
    this.#lastStep = step;
    const takenFrom = new Date((step - 1) * periodMs);
    if (this.#time.now() < takenFrom) await this.#time.waitUntil(takenFrom);
    return totpCode(this.secret, step);
  }
}
