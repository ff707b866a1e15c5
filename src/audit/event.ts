import { type Clock, canonicalJson, type Id, type Ids, type JsonValue, type Random } from "../kernel/index.ts";
import { AuditError } from "./errors.ts";

/** Who did it: an account with what it was then, the platform itself, or nobody known. */
export type Actor =
  | {
      readonly kind: "account";
      readonly id: Id<"user">;
      readonly organisation: Id<"organisation">;
      readonly roles: readonly string[];
      readonly session: Id<"session">;
    }
  | { readonly kind: "system"; readonly component: string }
  | { readonly kind: "anonymous" };

/**
 * What a feature tells of one change, refusal or reading. Features own their `type` names
 * (`job.submitted`). Protected values, SQL texts and secrets never enter: ids, hashes and codes do.
 */
export interface EventDraft {
  readonly type: string;
  readonly actor: Actor;
  /** The id it is about. */
  readonly object: string;
  /** Ids the object was made from: the edges of the trace (`object` came of these). */
  readonly from?: readonly string[] | undefined;
  /** Other ids concerned, by role (`agreement`, `job` …): found by search, not edges. */
  readonly links?: Readonly<Record<string, string>> | undefined;
  readonly outcome: "done" | "refused" | "failed";
  /** Stable code of a refusal or failure. */
  readonly code?: string | undefined;
  readonly data?: Readonly<Record<string, JsonValue>> | undefined;
}

/** The leaf of the log: canonical JSON (RFC 8785) of this envelope, salted so that no field can be guessed from the hash. */
export interface EventEnvelope extends EventDraft {
  readonly v: 1;
  readonly id: Id<"event">;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly salt: string;
}

/** tlog-tiles entries are at most 65,535 bytes; larger payloads enter by hash. */
export const maxLeafBytes = 65_535;

export interface SealedEvent {
  readonly id: Id<"event">;
  readonly leaf: Buffer;
}

/** Gives a draft its id, time and salt and fixes its bytes. Throws `AUDIT_EVENT_TOO_LARGE`. */
export function sealEvent(
  draft: EventDraft,
  deps: { readonly ids: Ids; readonly clock: Clock; readonly random: Random },
): SealedEvent {
  const id = deps.ids.make("event");
  const envelope = {
    ...draft,
    v: 1,
    id,
    at: deps.clock.now().toISOString(),
    salt: Buffer.from(deps.random.bytes(16)).toString("base64url"),
  };
  const leaf = Buffer.from(canonicalJson(withoutUndefined(envelope)));
  if (leaf.length > maxLeafBytes)
    throw new AuditError("AUDIT_EVENT_TOO_LARGE", `Event ${draft.type} has ${leaf.length} bytes; the limit is ${maxLeafBytes}.`);
  return { id, leaf };
}

/** Absent and undefined are the same in a draft; JSON knows only absent. */
function withoutUndefined(record: Readonly<Record<string, unknown>>): JsonValue {
  return JSON.parse(JSON.stringify(record)) as JsonValue;
}

/** Reads a leaf back; for our own store's bytes. */
export function parseLeaf(leaf: Uint8Array): EventEnvelope {
  return JSON.parse(Buffer.from(leaf).toString("utf8")) as EventEnvelope;
}
