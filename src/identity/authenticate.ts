import type { Refusal } from "../kernel/index.ts";
import type { AuthenticatedActor } from "./actor.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { serviceKeyPrefix } from "./service-key-secret.ts";

/** One way of letting somebody in by a bearer text. */
export type Entry = (bearer: string) => Promise<AuthenticatedActor | Refusal<IdentityRefusalCode>>;

export interface Authenticate {
  /** Who a bearer text is (a token of ours, a service key), with organisation, roles and standing as they are now. */
  readonly authenticate: Entry;
}

/** Each bearer text is one thing by its form, and tried as nothing else. */
export function createAuthenticate(entries: { readonly ours: Entry; readonly serviceKey: Entry }): Authenticate {
  return { authenticate: (bearer) => (bearer.startsWith(serviceKeyPrefix) ? entries.serviceKey(bearer) : entries.ours(bearer)) };
}
