import { type At, stop } from "../refusal.ts";
import { plainSubject, type SubjectRows } from "../resolve/field.ts";

/** Whether rows have at most one for each owner of theirs: a grouping by every owner key and nothing else. */
export function isOnePerOwner({ from }: SubjectRows): boolean {
  const groupBy = from.kind === "leaf" ? from.leaf.derived?.groupBy : undefined;
  return groupBy?.every((expr) => plainSubject(expr)?.subject !== undefined) === true;
}

/** Such figures exist for owners who have no row at all, so that no table of rows holds them. */
export function notBeside(at: At): never {
  return stop(
    "QUERY_SUBQUERY",
    at,
    "figures of one owner that do not stand beside the owner's row",
    "Write the aggregate as a value (SELECT count(*) FROM t WHERE t.id = p.id), or join it LATERAL to the table it looks at.",
  );
}
