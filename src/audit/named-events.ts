import { type Kysely, sql } from "kysely";
import type { Store } from "../store/index.ts";
import { type EventEnvelope, parseLeaf } from "./event.ts";

/** One event by its id, whether it has its place in the log yet or not. */
export async function eventById(store: Pick<Store, "db">, id: string): Promise<EventEnvelope | undefined> {
  const row = await store.db.selectFrom("audit_event").select("leaf").where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : parseLeaf(row.leaf);
}

/** Events of one type that name an id and were not refused, as far as they have their place in the log; in its order. */
export async function eventsNaming(store: Pick<Store, "db">, id: string, type: string): Promise<readonly EventEnvelope[]> {
  // Refused attempts that name it may be any number; the text only sorts out, what counts is read from the event.
  const { rows } = await sql<{ leaf: Buffer }>`
    SELECT e.leaf FROM audit_mention m JOIN audit_leaf l USING (leaf_index) JOIN audit_event e ON e.id = l.event_id
    WHERE m.object_id = ${id} AND position(convert_to(${`"type":${JSON.stringify(type)}`}, 'UTF8') IN e.leaf) > 0
      AND position(convert_to('"outcome":"done"', 'UTF8') IN e.leaf) > 0
    ORDER BY m.leaf_index`.execute(store.db as Kysely<unknown>);
  return rows.map(({ leaf }) => parseLeaf(leaf)).filter((event) => event.type === type && event.outcome === "done");
}
