import type { SubjectRows } from "../resolve/field.ts";
import { type Bound, refTo } from "../resolve/field.ts";
import { tiesByOwner } from "../subject/tie.ts";
import { call, literalNull, numberLiteral } from "../tree/make.ts";
import type { Env } from "./env.ts";
import { ownedSelect } from "./owned-select.ts";
import type { Compiled } from "./query-plan.ts";
import type { SelectParts } from "./select-parts.ts";

const counting: ReadonlySet<string> = new Set(["count_star", "count", "count_if", "countif"]);

/** Without a row nothing is counted, and there is no sum, mean or extreme. */
function ofNoRows(expr: Bound, figure: Bound): Bound {
  return expr.kind === "aggregate" && counting.has(expr.fn) ? call("coalesce", figure, numberLiteral("0", "integer")) : figure;
}

function onlyWhere(condition: Bound | undefined, result: Bound): Bound {
  if (condition === undefined) return result;
  return Object.freeze<Bound>({ kind: "case", branches: [{ when: condition, result }], otherwise: literalNull, at: result.at });
}

/**
 * `SELECT count(*), sum(cost) FROM visit v WHERE v.id = p.id`: totals of the owner around it, who is each of its rows'
 * owner. Undefined where not every owner is tied, for then owners disappear in it.
 */
export function tiedTotal(rows: SubjectRows, parts: SelectParts, env: Env): Extract<Compiled, { kind: "subject" }> | undefined {
  const keys = tiesByOwner(rows);
  if (keys === undefined) return undefined;
  const groupBy = keys.map((key) => refTo(key, undefined));
  // HAVING hides the only row instead of dropping it.
  const items = parts.items.map((item) => ({ ...item, expr: onlyWhere(parts.having, item.expr) }));
  const owned = ownedSelect(rows, { ...parts, items, having: undefined, order: [] }, groupBy, env, ofNoRows);
  return owned && { kind: "subject", rows: owned.rows, columns: owned.parts.items, total: true };
}
