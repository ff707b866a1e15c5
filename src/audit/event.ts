import { type Clock, canonicalJson, type Id, type Ids, type JsonValue, type Random } from "../kernel/index.ts";
import { AuditError } from "./errors.ts";

/** Who did it: an account with what it was then, the platform itself, or nobody known. */
export type Actor =
  | {
      readonly kind: "account";
      readonly id: Id<"user">;
      readonly organisation: Id<"organisation">;
      readonly roles: readonly string[];
      /** By which of three it was let in: a session of ours, a service key, or a token of this issuer (URL). */
      readonly session?: Id<"session"> | undefined;
      readonly key?: Id<"serviceKey"> | undefined;
      readonly issuer?: string | undefined;
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
  /** Ids that came of the object by this same change (a job's result): edges the other way. */
  readonly made?: readonly string[] | undefined;
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

/** Gives a draft its id, time and salt and fixes its bytes. Throws `AUDIT_EVENT_TOO_LARGE`, `AUDIT_EVENT_INCOMPLETE`. */
export function sealEvent(
  draft: EventDraft,
  deps: { readonly ids: Ids; readonly clock: Clock; readonly random: Random },
): SealedEvent {
  checkComplete(draft);
  const id = deps.ids.make("event");
  const envelope = {
    ...draft,
    v: 1,
    id,
    at: deps.clock.now().toISOString(),
    salt: Buffer.from(deps.random.bytes(16)).toString("base64url"),
  };
  const leaf = Buffer.from(canonicalJson(plain(envelope)));
  if (leaf.length > maxLeafBytes)
    throw new AuditError("AUDIT_EVENT_TOO_LARGE", `Event ${draft.type} has ${leaf.length} bytes; the limit is ${maxLeafBytes}.`);
  return { id, leaf };
}

/** The types say so already; a caller that went around them must not write an event that tells nothing. */
function checkComplete(draft: Partial<EventDraft> | undefined): void {
  const { type, object, outcome, actor } = draft ?? {};
  if (!type || !object || !outcome || !actor?.kind)
    throw new AuditError("AUDIT_EVENT_INCOMPLETE", "An event names its type, actor, object and outcome.");
}

/**
 * A draft as plain JSON: what is undefined is left out, and U+FFFD stands where a text holds U+0000
 * (unknown to PostgreSQL) or a lone surrogate (no UTF-8). Hostile text in a refusal would otherwise
 * break the search over every later event.
 */
function plain(value: unknown): JsonValue {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\u0000", "\uFFFD");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [plain(key), plain(item)]));
}

/** Reads a leaf back; for our own store's bytes. */
export function parseLeaf(leaf: Uint8Array): EventEnvelope {
  return JSON.parse(Buffer.from(leaf).toString("utf8")) as EventEnvelope;
}
