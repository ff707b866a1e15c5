import type { Store } from "../store/index.ts";
import { boundedCount } from "./search.ts";

const mostLeaves = 5000;

/** Leaves after an index as NDJSON lines {index, leaf, hash} (base64), for verification off line. */
export async function leafLines(
  store: Store,
  { after, limit }: { readonly after?: string | undefined; readonly limit?: string | undefined },
): Promise<{ readonly lines: string; readonly shown: number }> {
  const rows = await store.db
    .selectFrom("audit_leaf")
    .innerJoin("audit_event", "audit_event.id", "audit_leaf.event_id")
    .select(["audit_leaf.leaf_index", "audit_leaf.leaf_hash", "audit_event.leaf"])
    .where("audit_leaf.leaf_index", ">", after ?? "-1")
    .orderBy("audit_leaf.leaf_index")
    .limit(boundedCount(limit, mostLeaves))
    .execute();
  const lines = rows.map(({ leaf_index, leaf, leaf_hash }) =>
    JSON.stringify({ index: leaf_index, leaf: leaf.toString("base64"), hash: leaf_hash.toString("base64") }),
  );
  return { lines: lines.map((line) => `${line}\n`).join(""), shown: rows.length };
}
