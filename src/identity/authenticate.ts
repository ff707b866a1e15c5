import type { Refusal } from "../kernel/index.ts";
import type { AuthenticatedActor } from "./actor.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { serviceKeyPrefix } from "./service-key-secret.ts";

/** One way of letting somebody in by a bearer text. */
export type Entry = (bearer: string) => Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>>;

export interface Authenticate {
  /** Who a bearer text is (a token of ours or of a configured issuer, a service key), with organisation, roles and standing as they are now. */
  readonly authenticate: Entry;
}

/**
 * Each bearer text is one thing by its form, and tried as nothing else: a key by its prefix, a
 * token of a configured issuer by the `iss` it claims, all else as a token of ours.
 */
export function createAuthenticate(entries: {
  readonly ours: Entry;
  readonly serviceKey: Entry;
  readonly foreign: (bearer: string) => Entry | undefined;
}): Authenticate {
  return {
    authenticate: (bearer) => {
      if (bearer.startsWith(serviceKeyPrefix)) return entries.serviceKey(bearer);
      const foreign = entries.foreign(bearer);
      return foreign === undefined ? entries.ours(bearer) : foreign(bearer);
    },
  };
}
