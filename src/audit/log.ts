import { sql } from "kysely";
import { inclusionProof, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Store } from "../store/index.ts";
import { createCheckpointer } from "./checkpointer.ts";
import { AuditError } from "./errors.ts";
import { type Actor, parseLeaf } from "./event.ts";
import { createCheckpointFile } from "./file-checkpoint.ts";
import { createLeafHashes } from "./leaf-hashes.ts";
import { createSequencer, type LogHead } from "./sequencer.ts";
import { type LoggedEvent, type Trace, traceOf } from "./trace.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

export type AuditRefusalCode = "AUDIT_NOT_FOUND" | "AUDIT_TIME_MALFORMED";

/** Exact fields an event is searched by; all that are given must hold. */
export interface EventFilter {
  readonly actor?: string | undefined;
  readonly object?: string | undefined;
  readonly type?: string | undefined;
  /** RFC 3339; from inclusive, to exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Events before this index. */
  readonly cursor?: string | undefined;
  readonly limit?: string | undefined;
}

export interface EventPage {
  readonly items: readonly LoggedEvent[];
  readonly next: string | undefined;
  /** Events that have their place in the log now. */
  readonly size: string;
}

/** Evidence that one event is in the log: for packages and for anybody who asks. */
export interface InclusionEvidence {
  readonly index: string;
  readonly leaf: Uint8Array;
  /** c2sp.org/tlog-proof@v1, checkpoint included. */
  readonly proof: string;
}

/** The log: its head, its proofs, and answers from it. Every reading is itself an event. */
export interface AuditLog {
  wake(): void;
  flush(): Promise<LogHead>;
  checkpoint(): Promise<string>;
  readonly verifierKey: string;
  inclusion(eventId: string): Promise<InclusionEvidence>;
  readEvents(actor: Actor, filter: EventFilter): Promise<EventPage | Refusal<AuditRefusalCode>>;
  readTrace(actor: Actor, id: string): Promise<Trace | Refusal<AuditRefusalCode>>;
  /** NDJSON lines {index, leaf, hash} of events after an index, for verification off line. */
  readLeaves(actor: Actor, page: { readonly after?: string | undefined; readonly limit?: string | undefined }): Promise<string>;
  close(): Promise<void>;
}

const mostEvents = 200;
const mostLeaves = 5000;

function bounded(text: string | undefined, most: number): number {
  return Math.max(1, Math.min(most, text === undefined ? most : Number(text)));
}

export async function createAuditLog(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly keys: Pick<Keystore, "signing">;
  readonly origin: string;
  readonly checkpointPath: string;
  readonly intervalMs: number;
  readonly log: (message: string, error: unknown) => void;
}): Promise<AuditLog> {
  const { store, work } = deps;
  const sequencer = createSequencer(deps);
  const hashes = createLeafHashes(store);
  const checkpointer = createCheckpointer({
    origin: deps.origin,
    key: await deps.keys.signing("log-signing"),
    file: createCheckpointFile(deps.checkpointPath),
    leafHashes: (size) => hashes.upTo(size),
  });
  const checkpoint = async (): Promise<string> => checkpointer.sign(await sequencer.flush());

  const eventJson = sql<Record<string, unknown>>`convert_from(audit_event.leaf, 'UTF8')::jsonb`;

  return {
    wake: sequencer.wake,
    flush: sequencer.flush,
    checkpoint,
    verifierKey: checkpointer.verifierKey,
    inclusion: async (eventId) => {
      const head = await sequencer.flush();
      const row = await store.db
        .selectFrom("audit_leaf")
        .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
        .select(["audit_leaf.leaf_index", "audit_event.leaf"])
        .where("audit_leaf.event_id", "=", eventId)
        .executeTakeFirst();
      if (row === undefined) throw new AuditError("AUDIT_LOG_BROKEN", `Event ${eventId} has no place in the log.`);
      const note = await checkpointer.sign(head);
      // The note may be of a larger tree than this head: the proof is for the tree it names.
      const size = Number(note.split("\n")[1]);
      const proof = inclusionProof(await hashes.upTo(size), Number(row.leaf_index), size);
      const lines = proof.map((hash) => Buffer.from(hash).toString("base64"));
      const text = ["c2sp.org/tlog-proof@v1", `index ${row.leaf_index}`, ...lines, "", note].join("\n");
      return { index: row.leaf_index, leaf: new Uint8Array(row.leaf), proof: text };
    },
    readEvents: async (actor, filter) => {
      for (const time of [filter.from, filter.to])
        if (time !== undefined && Number.isNaN(Date.parse(time)))
          return refuse("AUDIT_TIME_MALFORMED", { accepted: "2026-01-31T00:00:00Z" });
      const { size } = await sequencer.flush();
      const limit = bounded(filter.limit, mostEvents);
      let query = store.db
        .selectFrom("audit_leaf")
        .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
        .select(["audit_leaf.leaf_index", "audit_event.leaf"])
        .orderBy("audit_leaf.leaf_index", "desc")
        .limit(limit);
      if (filter.cursor !== undefined) query = query.where("audit_leaf.leaf_index", "<", filter.cursor);
      for (const id of [filter.object, filter.actor])
        if (id !== undefined)
          query = query.where((eb) =>
            eb.exists(
              eb
                .selectFrom("audit_mention")
                .select("audit_mention.object_id")
                .whereRef("audit_mention.leaf_index", "=", "audit_leaf.leaf_index")
                .where("audit_mention.object_id", "=", id),
            ),
          );
      if (filter.object !== undefined) query = query.where(sql<boolean>`${eventJson} ->> 'object' = ${filter.object}`);
      if (filter.actor !== undefined) query = query.where(sql<boolean>`${eventJson} -> 'actor' ->> 'id' = ${filter.actor}`);
      if (filter.type !== undefined) query = query.where(sql<boolean>`${eventJson} ->> 'type' = ${filter.type}`);
      if (filter.from !== undefined)
        query = query.where(sql<boolean>`(${eventJson} ->> 'at')::timestamptz >= ${filter.from}::timestamptz`);
      if (filter.to !== undefined)
        query = query.where(sql<boolean>`(${eventJson} ->> 'at')::timestamptz < ${filter.to}::timestamptz`);
      const rows = await query.execute();
      const { cursor: _cursor, limit: _limit, ...asked } = filter;
      await work.record({
        type: "audit.read",
        actor,
        object: "log",
        outcome: "done",
        data: { ...definedOf(asked), shown: rows.length },
      });
      const items = rows.map(({ leaf_index, leaf }) => ({ index: leaf_index, event: parseLeaf(leaf) }));
      return { items, next: rows.length === limit ? items.at(-1)?.index : undefined, size: size.toString() };
    },
    readTrace: async (actor, id) => {
      await sequencer.flush();
      const trace = await traceOf(store, id);
      await work.record({
        type: "audit.traced",
        actor,
        object: id.slice(0, 64),
        outcome: "done",
        data: { nodes: trace.nodes.length },
      });
      return trace.nodes.length === 0 ? refuse("AUDIT_NOT_FOUND") : trace;
    },
    readLeaves: async (actor, { after, limit }) => {
      await sequencer.flush();
      const rows = await store.db
        .selectFrom("audit_leaf")
        .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
        .select(["audit_leaf.leaf_index", "audit_leaf.leaf_hash", "audit_event.leaf"])
        .where("audit_leaf.leaf_index", ">", after ?? "-1")
        .orderBy("audit_leaf.leaf_index")
        .limit(bounded(limit, mostLeaves))
        .execute();
      await work.record({
        type: "audit.exported",
        actor,
        object: "log",
        outcome: "done",
        data: { after: after ?? "-1", shown: rows.length },
      });
      return rows
        .map(
          ({ leaf_index, leaf_hash, leaf }) =>
            `${JSON.stringify({ index: leaf_index, leaf: leaf.toString("base64"), hash: leaf_hash.toString("base64") })}\n`,
        )
        .join("");
    },
    close: sequencer.close,
  };
}

function definedOf(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
