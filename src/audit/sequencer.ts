import { type Kysely, sql, type Transaction } from "kysely";
import { leafHash, MerkleFrontier } from "../kernel/index.ts";
import type { Store, Tables } from "../store/index.ts";
import { AuditError } from "./errors.ts";
import { parseLeaf } from "./event.ts";
import { mentionsOf } from "./mentions.ts";

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
  close(): Promise<void>;
}

const batchSize = 1000;
/**
 * A statement may hold its arrival number before its transaction has an id, so numbers somewhat
 * below the newest are looked at again even when no older transaction is open.
 */
const arrivalMargin = 1024n;

interface Mark {
  readonly arrival: bigint;
  /** First transaction id that had not begun when `arrival` was the newest. */
  readonly xmax: bigint;
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

  const advance = (xmin: bigint, xmax: bigint, newest: bigint): void => {
    if (mark !== undefined && xmin >= mark.xmax) {
      const safe = mark.arrival - arrivalMargin;
      if (safe > lowWater) lowWater = safe;
      mark = undefined;
    }
    mark ??= { arrival: newest, xmax };
  };

  const appendBatch = async (trx: Transaction<Tables>): Promise<{ readonly head: LogHead; readonly more: boolean }> => {
    const row = await trx.selectFrom("audit_head").select(["size", "frontier"]).forUpdate().executeTakeFirstOrThrow();
    const found = await sql<{ arrival: string; id: string; leaf: Buffer }>`
      SELECT e.arrival, e.id, e.leaf FROM audit_event e
      WHERE e.arrival > ${lowWater.toString()}::bigint AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)
      ORDER BY e.arrival LIMIT ${batchSize}`.execute(trx);
    let frontier = MerkleFrontier.fromState({ size: row.size, hashes: row.frontier });
    const leaves: { leaf_index: string; event_id: string; leaf_hash: Buffer }[] = [];
    const mentions: { object_id: string; leaf_index: string }[] = [];
    for (const { id, leaf } of found.rows) {
      const index = frontier.size.toString();
      const hash = leafHash(leaf);
      frontier = frontier.append(hash);
      leaves.push({ leaf_index: index, event_id: id, leaf_hash: Buffer.from(hash) });
      for (const mention of mentionsOf(parseLeaf(leaf))) mentions.push({ object_id: mention, leaf_index: index });
    }
    if (leaves.length > 0) {
      await trx.insertInto("audit_leaf").values(leaves).execute();
      await trx.insertInto("audit_mention").values(mentions).execute();
      const { size, hashes } = frontier.toState();
      await trx
        .updateTable("audit_head")
        .set({ size, frontier: JSON.stringify(hashes), root: Buffer.from(frontier.root) })
        .execute();
    }
    return { head: { size: frontier.size, root: frontier.root }, more: found.rows.length === batchSize };
  };

  const round = async (): Promise<LogHead> => {
    const before = await snapshot(db);
    for (;;) {
      const { head, more } = await db.transaction().execute(appendBatch);
      if (more) continue;
      advance(before.xmin, before.xmax, before.newest);
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

async function snapshot(db: Kysely<Tables>): Promise<{ readonly xmin: bigint; readonly xmax: bigint; readonly newest: bigint }> {
  const answer = await sql<{ xmin: string; xmax: string; newest: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
      (SELECT coalesce(max(arrival), 0)::text FROM audit_event) AS newest`.execute(db);
  const row = answer.rows[0];
  return { xmin: BigInt(row?.xmin ?? 0), xmax: BigInt(row?.xmax ?? 0), newest: BigInt(row?.newest ?? 0) };
}
