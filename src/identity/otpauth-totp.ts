import { Secret, TOTP } from "otpauth";
import type { Clock, Random } from "../kernel/index.ts";

export interface Totp {
  /** 160 bits, as RFC 4226 §4 advises. */
  makeSecret(): Buffer;
  /** What a person types, and what the app reads from a QR code. */
  present(secret: Uint8Array, login: string): { readonly secret: string; readonly uri: string };
  /** The time step of which this is the code: the present one, the one before or the one after; else undefined. */
  stepOf(secret: Uint8Array, code: string): number | undefined;
}

/** What every authenticator app takes without asking (RFC 6238 §1.2). */
const shape = { issuer: "Hanguang", algorithm: "SHA1", digits: 6, period: 30 } as const;
const secretBytes = 20;
/** Clocks of telephones run apart, and typing takes time. */
const stepsApart = 1;

export function createTotp({ clock, random }: { readonly clock: Clock; readonly random: Random }): Totp {
  const of = (secret: Uint8Array, label = "") =>
    new TOTP({ ...shape, label, secret: new Secret({ buffer: Uint8Array.from(secret).buffer }) });
  return {
    makeSecret: () => Buffer.from(random.bytes(secretBytes)),
    present: (secret, login) => {
      const totp = of(secret, login);
      return { secret: totp.secret.base32, uri: totp.toString() };
    },
    stepOf: (secret, code) => {
      // The library throws on six characters that are more bytes.
      if (!/^[0-9]{6}$/.test(code)) return undefined;
      const timestamp = clock.now().getTime();
      const apart = of(secret).validate({ token: code, timestamp, window: stepsApart });
      return apart === null ? undefined : TOTP.counter({ period: shape.period, timestamp }) + apart;
    },
  };
}
