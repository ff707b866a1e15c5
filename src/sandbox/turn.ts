import { type Kysely, sql } from "kysely";
import type { Store } from "../store/index.ts";

/** A waiting job whose turn it is, and a place of its operator's that was free when we looked. */
export interface Waiting {
  readonly id: string;
  readonly slot: number;
}

/** Jobs to try in one look: the first may be another gateway's by now. */
const candidates = 8;

/**
 * Waiting jobs in turn. Within an operator: by priority, then by age. Between operators: whoever has the
 * fewest running comes first, then who was served longest ago, so that a thousand jobs of one cost
 * another's first job one place in the queue. No operator has more than `perOperator` running.
 */
export async function nextInTurn(db: Store["db"], perOperator: number): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    WITH waiting AS (
      SELECT id, operator_id, row_number() OVER (PARTITION BY operator_id ORDER BY priority DESC, submitted_at, id) AS place
      FROM job WHERE state = 'queued'
    ), busy AS (
      SELECT operator_id, count(*) AS running, coalesce(array_agg(slot) FILTER (WHERE slot IS NOT NULL), '{}') AS slots
      FROM job WHERE state = 'running' GROUP BY operator_id
    )
    SELECT w.id,
      (SELECT min(s)::int FROM generate_series(1, ${perOperator}::int) s WHERE b.slots IS NULL OR s <> ALL (b.slots)) AS slot
    FROM waiting w LEFT JOIN busy b USING (operator_id)
    WHERE w.place + coalesce(b.running, 0) <= ${perOperator}::int
    ORDER BY w.place + coalesce(b.running, 0),
      (SELECT max(j.started_at) FROM job j WHERE j.operator_id = w.operator_id AND j.started_at IS NOT NULL) NULLS FIRST,
      w.id
    LIMIT ${candidates}`.execute(db as Kysely<unknown>);
  return rows;
}
