import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { AssertionAnswer, NewCredentialAnswer } from "../../src/identity/index.ts";

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
const text = (bytes: Buffer): string => bytes.toString("base64url");

/** What a test lets the authenticator, or the browser before it, do wrong. */
export interface Misbehaviour {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  readonly counter?: number;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly crossOriginIn?: string;
  /** Signs with another key than was enrolled. */
  readonly foreignKey?: boolean;
}

// CBOR (RFC 8949), as little of it as an attestation object and a COSE key need.
const cborHead = (major: number, value: number): Buffer =>
  value < 24
    ? Buffer.from([(major << 5) | value])
    : value < 256
      ? Buffer.from([(major << 5) | 24, value])
      : Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
const cborInt = (value: number): Buffer => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value));
const cborBytes = (bytes: Buffer): Buffer => Buffer.concat([cborHead(2, bytes.length), bytes]);
const cborText = (value: string): Buffer => Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
const cborMap = (pairs: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([cborHead(5, pairs.length), ...pairs.flat()]);

/** COSE_Key of a P-256 key for ES256 (RFC 9053). */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return cborMap([
    [cborInt(1), cborInt(2)],
    [cborInt(3), cborInt(-7)],
    [cborInt(-1), cborInt(1)],
    [cborInt(-2), cborBytes(Buffer.from(x, "base64url"))],
    [cborInt(-3), cborBytes(Buffer.from(y, "base64url"))],
  ]);
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A security key and the browser before it, in software: makes the answers that a real pair makes (WebAuthn level 3, ES256). */
export class SoftwareAuthenticator {
  readonly id = randomBytes(32);
  readonly #origin: string;
  readonly #rpId: string;
  readonly #keys = newKeys();
  #counter = 0;

  constructor(origin: string, rpId: string) {
    this.#origin = origin;
    this.#rpId = rpId;
  }

  #clientData(type: string, challenge: string, wrong: Misbehaviour): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge: wrong.challenge ?? challenge,
        origin: wrong.origin ?? this.#origin,
        crossOrigin: wrong.crossOriginIn !== undefined,
        ...(wrong.crossOriginIn === undefined ? {} : { topOrigin: wrong.crossOriginIn }),
      }),
    );
  }

  #authenticatorData(attested: boolean, wrong: Misbehaviour): Buffer {
    const flags = (wrong.userPresent === false ? 0 : 0x01) | (wrong.userVerified === false ? 0 : 0x04) | (attested ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(wrong.counter ?? ++this.#counter);
    const head = Buffer.concat([sha256(wrong.rpId ?? this.#rpId), Buffer.from([flags]), counter]);
    if (!attested) return head;
    const length = Buffer.from([this.id.length >> 8, this.id.length & 0xff]);
    return Buffer.concat([head, Buffer.alloc(16), length, this.id, coseKey(this.#keys.publicKey)]);
  }

  /** Answers `navigator.credentials.create()`. */
  create({ challenge }: { readonly challenge: string }, wrong: Misbehaviour = {}): NewCredentialAnswer {
    const attestation = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(this.#authenticatorData(true, wrong))],
    ]);
    return {
      id: text(this.id),
      rawId: text(this.id),
      response: {
        clientDataJSON: text(this.#clientData("webauthn.create", challenge, wrong)),
        attestationObject: text(attestation),
        transports: ["usb"],
      },
    };
  }

  /** Answers `navigator.credentials.get()`. */
  get({ challenge }: { readonly challenge: string }, wrong: Misbehaviour = {}): AssertionAnswer {
    const clientData = this.#clientData("webauthn.get", challenge, wrong);
    const data = this.#authenticatorData(false, wrong);
    const key = wrong.foreignKey === true ? newKeys().privateKey : this.#keys.privateKey;
    return {
      id: text(this.id),
      rawId: text(this.id),
      response: {
        clientDataJSON: text(clientData),
        authenticatorData: text(data),
        signature: text(sign("sha256", Buffer.concat([data, sha256(clientData)]), key)),
      },
    };
  }
}
