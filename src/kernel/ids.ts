import { KernelError } from "./errors.ts";
import type { Clock, Random } from "./ports.ts";

/** Prefix of each kind of id; an id is `<prefix>_` and 26 characters of Crockford base 32. */
export const idPrefixes = {
  organisation: "org",
  user: "usr",
  session: "ses",
  factor: "fac",
  serviceKey: "svk",
  family: "fam",
  resource: "res",
  resourceVersion: "rev",
  upload: "upl",
  agreement: "agr",
  agreementVersion: "agv",
  provision: "prv",
  job: "job",
  query: "qry",
  result: "rst",
  export: "exp",
  vote: "vot",
  package: "pkg",
  grant: "grt",
  copy: "cpy",
  event: "evt",
  gateway: "gwy",
  dataFolder: "fol",
  accessPolicy: "pol",
  logOrigin: "lgo",
  request: "req",
} as const;

export type IdKind = keyof typeof idPrefixes;

declare const idKind: unique symbol;

/** An id of one kind; the brand keeps a job's id from being passed as an export's. */
export type Id<Kind extends IdKind> = string & { readonly [idKind]: Kind };

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const bodyLength = 26;

export interface Ids {
  make<Kind extends IdKind>(kind: Kind): Id<Kind>;
}

/** Ids that sort by time of making (48 bits of milliseconds, 80 random bits, as ULID). */
export function createIds(deps: { readonly clock: Clock; readonly random: Random }): Ids {
  return {
    make: <Kind extends IdKind>(kind: Kind) => {
      let bits = BigInt(deps.clock.now().getTime());
      for (const byte of deps.random.bytes(10)) bits = (bits << 8n) | BigInt(byte);
      let body = "";
      for (let place = 0; place < bodyLength; place++) {
        body = (alphabet[Number(bits & 31n)] ?? "") + body;
        bits >>= 5n;
      }
      return `${idPrefixes[kind]}_${body}` as Id<Kind>;
    },
  };
}

const bodyPattern = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isId<Kind extends IdKind>(kind: Kind, text: string): text is Id<Kind> {
  const prefix = `${idPrefixes[kind]}_`;
  return text.startsWith(prefix) && bodyPattern.test(text.slice(prefix.length));
}

/** Turns text into an id or throws `KERNEL_ID_INVALID`; for values our own store gave back. */
export function toId<Kind extends IdKind>(kind: Kind, text: string): Id<Kind> {
  if (!isId(kind, text)) throw new KernelError("KERNEL_ID_INVALID", `not an id of kind ${kind}`);
  return text;
}

/** The kind an id's prefix names, or undefined for anything that is no id. */
export function kindOfId(text: string): IdKind | undefined {
  for (const kind of Object.keys(idPrefixes) as IdKind[]) if (isId(kind, text)) return kind;
  return undefined;
}
