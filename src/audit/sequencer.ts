import { type Kysely, sql, type Transaction } from "kysely";
import { leafHash, MerkleFrontier } from "../kernel/index.ts";
import type { Store, Tables } from "../store/index.ts";
import { AuditError } from "./errors.ts";
import { mentionsOfLeaf } from "./mentions.ts";

/** How far the log reaches. */
export interface LogHead {
  readonly size: bigint;
  readonly root: Uint8Array;
}

export interface Sequencer {
  /** An event was written: give it its place soon. */
  wake(): void;
  /** Gives every event that is committed now its place, and tells the head. */
  flush(): Promise<LogHead>;
  /** Events that are recorded and have no place yet; at most 10,000 are counted. */
  countWaiting(): Promise<number>;
  close(): Promise<void>;
}

const batchSize = 1000;

/**
 * A place of arrival and a transaction number taken afterwards. The unit of work takes its number
 * before its place, so once no transaction below `transaction` runs, all events up to `arrival`
 * are visible or will never be.
 */
interface Mark {
  readonly arrival: bigint;
  readonly transaction: bigint;
}

interface Batch {
  readonly head: LogHead;
  /** Arrival of the last event, where there may be more. */
  readonly next: bigint | undefined;
}

/**
 * Gives events dense indices from 0 (an identity column would leave gaps and show numbers out of
 * order of commit): the head's row is locked, so one sequencer writes at a time whoever runs it.
 */
export function createSequencer(deps: {
  readonly store: Store;
  readonly intervalMs: number;
  readonly log: (message: string, error: unknown) => void;
}): Sequencer {
  const { db } = deps.store;
  // Events up to here are all sequenced, late committers included; 0 at start looks at everything once.
  let lowWater = 0n;
  let mark: Mark | undefined;

  const appendBatch = async (trx: Transaction<Tables>, after: bigint): Promise<Batch> => {
    const row = await trx.selectFrom("audit_head").select(["size", "frontier"]).forUpdate().executeTakeFirstOrThrow();
    const found = await sql<{ arrival: string; id: string; leaf: Buffer }>`
      SELECT e.arrival, e.id, e.leaf FROM audit_event e
      WHERE e.arrival > ${after.toString()}::bigint AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)
      ORDER BY e.arrival LIMIT ${batchSize}`.execute(trx);
    let frontier = MerkleFrontier.fromState({ size: row.size, hashes: row.frontier });
    const leaves = found.rows.map(({ id, leaf }) => {
      const index = frontier.size;
      const hash = leafHash(leaf);
      frontier = frontier.append(hash);
      return { index, id, hash, mentions: mentionsOfLeaf(leaf) };
    });
    if (leaves.length > 0) {
      await insertLeaves(trx, leaves);
      const { size, hashes } = frontier.toState();
      await trx
        .updateTable("audit_head")
        .set({ size, frontier: JSON.stringify(hashes), root: Buffer.from(frontier.root) })
        .execute();
    }
    const last = found.rows.length === batchSize ? found.rows.at(-1) : undefined;
    return { head: { size: frontier.size, root: frontier.root }, next: last && BigInt(last.arrival) };
  };

  const round = async (): Promise<LogHead> => {
    const before = await look(db);
    // What is visible is taken in order of arrival, so the next batch need not look at what lies before;
    // what commits late before it is found by the next round.
    for (let after = lowWater; ; ) {
      const from = after;
      const { head, next }: Batch = await db.transaction().execute((trx) => appendBatch(trx, from));
      if (next !== undefined) {
        after = next;
        continue;
      }
      if (mark !== undefined && before.oldest >= mark.transaction) {
        lowWater = mark.arrival;
        mark = undefined;
      }
      mark ??= before;
      return head;
    }
  };

  let running: Promise<LogHead> | undefined;
  let next: Promise<LogHead> | undefined;
  const start = (): Promise<LogHead> => {
    const begun = round().finally(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    return begun;
  };
  /** A flush that finds a round under way waits for the one after it: what it must see may have come too late. */
  const flush = (): Promise<LogHead> => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };

  let dirty = true;
  let closed = false;
  const timer = setInterval(() => {
    if (!dirty || closed) return;
    dirty = false;
    flush().catch((error: unknown) => {
      dirty = true;
      deps.log("events wait for their place in the log", error);
    });
  }, deps.intervalMs);

  return {
    wake: () => {
      dirty = true;
    },
    countWaiting: async () => {
      const counted = await sql<{ waiting: string }>`
        SELECT count(*) AS waiting FROM (
          SELECT 1 FROM audit_event e WHERE e.arrival > ${lowWater.toString()}::bigint
          AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id) LIMIT 10000) unplaced`.execute(db);
      return Number(counted.rows[0]?.waiting ?? 0);
    },
    flush: () => {
      if (closed) throw new AuditError("AUDIT_LOG_BROKEN", "The log is closed.");
      return flush();
    },
    close: async () => {
      clearInterval(timer);
      if (!closed) await flush().catch((error: unknown) => deps.log("events wait for the next start", error));
      closed = true;
    },
  };
}

interface NewLeaf {
  readonly index: bigint;
  readonly id: string;
  readonly hash: Uint8Array;
  readonly mentions: readonly string[];
}

/** As arrays: an event may name any number of ids, and a statement has 65,535 parameters. */
async function insertLeaves(trx: Transaction<Tables>, leaves: readonly NewLeaf[]): Promise<void> {
  const indices = leaves.map(({ index }) => index.toString());
  const hashes = leaves.map(({ hash }) => Buffer.from(hash));
  await sql`INSERT INTO audit_leaf (leaf_index, event_id, leaf_hash)
    SELECT * FROM unnest(${indices}::bigint[], ${leaves.map(({ id }) => id)}::text[], ${hashes}::bytea[])`.execute(trx);
  const mentions = leaves.flatMap(({ index, mentions }) => mentions.map((id) => ({ id, index: index.toString() })));
  await sql`INSERT INTO audit_mention (object_id, leaf_index)
    SELECT * FROM unnest(${mentions.map(({ id }) => id)}::text[], ${mentions.map(({ index }) => index)}::bigint[])`.execute(trx);
}

/** `oldest`: every transaction below it has ended. The snapshot is taken before the number. */
async function look(db: Kysely<Tables>): Promise<Mark & { readonly oldest: bigint }> {
  const answer = await sql<{ oldest: string; arrival: string; transaction: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest,
      (SELECT coalesce(max(arrival), 0)::text FROM audit_event) AS arrival,
      pg_current_xact_id()::text AS transaction`.execute(db);
  const row = answer.rows[0];
  return {
    oldest: BigInt(row?.oldest ?? 0),
    arrival: BigInt(row?.arrival ?? 0),
    transaction: BigInt(row?.transaction ?? 0),
  };
}
