import type { Clock, Ids, Refusal } from "../kernel/index.ts";
import { leafHash, refuse, verifyInclusion } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Store } from "../store/index.ts";
import { type Checkpointer, createCheckpointer } from "./checkpointer.ts";
import { AuditError } from "./errors.ts";
import type { Actor } from "./event.ts";
import { createCheckpointFile } from "./file-checkpoint.ts";
import { leafLines } from "./leaf-lines.ts";
import { canBeId, maxIdLength } from "./mentions.ts";
import { createOrigins, type NotSigning, type Origins } from "./origins.ts";
import { createProofTree } from "./proof-tree.ts";
import { type AuditRefusalCode, askedOf, type EventFilter, type EventPage, findEvents } from "./search.ts";
import { createSequencer, type LogHead } from "./sequencer.ts";
import { type Trace, traceOf } from "./trace.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** Evidence that one event is in the log: for packages and for anybody who asks. */
export interface InclusionEvidence {
  readonly index: string;
  readonly leaf: Uint8Array;
  /** c2sp.org/tlog-proof@v1, checkpoint included. */
  readonly proof: string;
}

/** The log: its head, its proofs, and answers from it. Every reading is itself an event. */
export interface AuditLog {
  /** Events that are recorded and have no place in the log yet; at most 10,000 are counted. */
  countWaiting(): Promise<number>;
  wake(): void;
  flush(): Promise<LogHead>;
  /** The newest checkpoint. Throws an `AuditError` while the log signs nothing. */
  checkpoint(): Promise<string>;
  /** The same for whoever asks over the network, as a refusal that tells no more than that. */
  readCheckpoint(): Promise<string | Refusal<AuditRefusalCode>>;
  verifierKey(): Promise<string>;
  readonly origins: Origins;
  inclusion(eventId: string): Promise<InclusionEvidence>;
  readEvents(actor: Actor, filter: EventFilter): Promise<EventPage | Refusal<AuditRefusalCode>>;
  readTrace(actor: Actor, id: string): Promise<Trace | Refusal<AuditRefusalCode>>;
  /** NDJSON lines {index, leaf, hash} of events after an index, for verification off line. */
  readLeaves(actor: Actor, page: { readonly after?: string | undefined; readonly limit?: string | undefined }): Promise<string>;
  close(): Promise<void>;
}

/** Undefined where the failure is another: a new origin mends neither a lost server nor a log that was altered. */
function whyNot(error: unknown): NotSigning | undefined {
  const code = error instanceof AuditError ? error.code : undefined;
  switch (code) {
    case "AUDIT_LOG_BEHIND":
    case "AUDIT_LOG_DIFFERS":
    case "AUDIT_CHECKPOINT_MISSING":
      return code;
    default:
      return undefined;
  }
}

export async function createAuditLog(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly keys: Pick<Keystore, "signing">;
  readonly ids: Ids;
  readonly clock: Clock;
  /** The first origin; a restored store may have a later one. */
  readonly origin: string;
  readonly checkpointPath: string;
  readonly intervalMs: number;
  readonly log: (message: string, error: unknown) => void;
}): Promise<AuditLog> {
  const { store, work } = deps;
  const { size } = await store.db.selectFrom("audit_head").select("size").executeTakeFirstOrThrow();
  const sequencer = createSequencer(deps);
  const tree = createProofTree(store);
  const origins = createOrigins({
    ...deps,
    first: deps.origin,
    whyNotSigning: () =>
      checkpointer.sign().then(
        () => undefined,
        (error: unknown) => whyNot(error),
      ),
  });
  const checkpointer: Checkpointer = await createCheckpointer({
    active: origins.active,
    begin: origins.begin,
    key: await deps.keys.signing("log-signing"),
    file: createCheckpointFile(deps.checkpointPath),
    tree,
    flush: sequencer.flush,
    exclusively: (task) => store.exclusively("checkpoint", task),
    isNew: size === "0",
  });

  const inclusion = async (eventId: string): Promise<InclusionEvidence> => {
    // Signed first: what is signed now covers every event that was recorded before the question.
    const { note, size, root } = await checkpointer.sign();
    const row = await store.db
      .selectFrom("audit_leaf")
      .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
      .select(["audit_leaf.leaf_index", "audit_event.leaf"])
      .where("audit_leaf.event_id", "=", eventId)
      .executeTakeFirst();
    if (row === undefined) throw new AuditError("AUDIT_LOG_BROKEN", `Event ${eventId} has no place in the log.`);
    const proof = await tree.inclusion(Number(row.leaf_index), Number(size));
    const claim = { leafHash: leafHash(row.leaf), index: BigInt(row.leaf_index), size, proof, root };
    if (!verifyInclusion(claim))
      throw new AuditError(
        "AUDIT_LOG_BROKEN",
        `Event ${row.leaf_index} is not what the log holds; \`verify -- log\` tells more.`,
      );
    const hashes = proof.map((hash) => Buffer.from(hash).toString("base64"));
    const text = ["c2sp.org/tlog-proof@v1", `index ${row.leaf_index}`, ...hashes, "", note].join("\n");
    return { index: row.leaf_index, leaf: new Uint8Array(row.leaf), proof: text };
  };

  return {
    wake: sequencer.wake,
    flush: sequencer.flush,
    countWaiting: sequencer.countWaiting,
    checkpoint: async () => (await checkpointer.sign()).note,
    readCheckpoint: () =>
      checkpointer.sign().then(
        ({ note }) => note,
        (error: unknown) => {
          if (!(error instanceof AuditError)) throw error;
          deps.log("the log signs nothing", error);
          return refuse("AUDIT_LOG_NOT_SIGNING");
        },
      ),
    verifierKey: checkpointer.verifierKey,
    origins,
    inclusion,
    readEvents: async (actor, filter) => {
      const { size } = await sequencer.flush();
      const page = await findEvents(store, filter, size);
      if ("kind" in page) return page;
      const data = { ...askedOf(filter), shown: page.items.length };
      await work.record({ type: "audit.read", actor, object: "log", outcome: "done", data });
      return page;
    },
    readTrace: async (actor, id) => {
      await sequencer.flush();
      const trace = canBeId(id) ? await traceOf(store, id) : undefined;
      const object = id.slice(0, maxIdLength) || "(nothing)";
      if (trace === undefined || trace.nodes.length === 0) {
        await work.record({ type: "audit.traced", actor, object, outcome: "refused", code: "AUDIT_NOT_FOUND" });
        return refuse("AUDIT_NOT_FOUND");
      }
      await work.record({ type: "audit.traced", actor, object, outcome: "done", data: { nodes: trace.nodes.length } });
      return trace;
    },
    readLeaves: async (actor, page) => {
      await sequencer.flush();
      const { lines, shown } = await leafLines(store, page);
      const data = { after: page.after ?? "-1", shown };
      await work.record({ type: "audit.exported", actor, object: "log", outcome: "done", data });
      return lines;
    },
    close: async () => {
      // What was recorded last is published, too, and not only with the next start's first reader.
      await checkpointer.sign().catch((error: unknown) => deps.log("the last checkpoint was not written", error));
      await sequencer.close();
    },
  };
}
