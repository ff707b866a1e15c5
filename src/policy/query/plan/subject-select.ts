import { rowsAdvice } from "../advice/rows-advice.ts";
import { stop } from "../refusal.ts";
import type { Bound, SubjectRows } from "../resolve/field.ts";
import { conjunctsIn } from "../subject/conjuncts.ts";
import { someNode } from "../tree/rebuild.ts";
import type { SelectTree } from "../tree/statement.ts";
import { chosenRelease } from "./chosen-release.ts";
import type { Env } from "./env.ts";
import { governedSelect } from "./governed-select.ts";
import { ownedSelect } from "./owned-select.ts";
import type { Compiled } from "./query-plan.ts";
import type { ResolvedSelect } from "./select-list.ts";
import type { SelectParts } from "./select-parts.ts";
import { tiedTotal } from "./tied-total.ts";
import { windowedRows } from "./windowed-rows.ts";

const hasWindow = (expr: Bound): boolean => someNode(expr, (node) => node.kind === "window");

function where(rows: SubjectRows, condition: Bound | undefined): SubjectRows {
  return condition === undefined ? rows : { ...rows, conditions: [...rows.conditions, ...conjunctsIn(condition)] };
}

/** Clauses that are for released or public rows alone. */
function checkClauses(tree: SelectTree): void {
  if (tree.distinctOn.length > 0)
    stop(
      "QUERY_ROW_CHOICE",
      tree.at,
      "DISTINCT ON over protected rows",
      "Use GROUP BY with the same columns, and figures of the others.",
    );
  if (tree.groupSets !== undefined)
    stop(
      "QUERY_CLAUSE_UNSUPPORTED",
      tree.at,
      "ROLLUP, CUBE or GROUPING SETS",
      "Ask for each grouping in a statement of its own.",
    );
}

/** SELECT DISTINCT of protected rows is a grouping by all its columns. */
export function distinctRows(
  rows: SubjectRows,
  parts: SelectParts,
  tree: Pick<SelectTree, "limit" | "offset" | "at">,
  env: Env,
): Compiled {
  const groupBy = parts.items.map((item) => item.expr);
  const owned = ownedSelect(rows, parts, groupBy, env);
  if (owned !== undefined) return { kind: "subject", rows: owned.rows, columns: owned.parts.items };
  const query = governedSelect({ ...tree, distinct: true }, rows, parts, groupBy, env);
  return { kind: "free", query, names: parts.items.map((item) => item.name) };
}

/**
 * A SELECT over rows of owners, in the order in which SQL computes it: WHERE, GROUP BY, HAVING, windows, QUALIFY,
 * DISTINCT. It keeps the owners as long as every step does; the first grouping that does not hold them releases.
 */
export function subjectSelect(tree: SelectTree, relation: SubjectRows, select: ResolvedSelect, env: Env): Compiled {
  const names = select.items.map((item) => item.name);
  const released = (rows: SubjectRows, parts: SelectParts, groupBy: readonly Bound[]): Compiled => ({
    kind: "free",
    query: governedSelect(tree, rows, parts, groupBy, env),
    names,
  });
  checkClauses(tree);
  let rows = where(relation, select.where);
  let parts: SelectParts = select;
  if (select.groupBy !== undefined) {
    const owned = ownedSelect(rows, parts, select.groupBy, env);
    if (owned === undefined) {
      const total = select.groupBy.length === 0 ? tiedTotal(rows, parts, env) : undefined;
      if (total !== undefined) return total;
      const chosen = env.isValue && select.groupBy.length === 0 ? chosenRelease(tree, rows, parts, env) : undefined;
      return chosen ?? released(rows, parts, select.groupBy);
    }
    ({ rows, parts } = owned);
  }
  const windowed = [...parts.items.map((item) => item.expr), ...(parts.qualify === undefined ? [] : [parts.qualify])];
  if (windowed.some(hasWindow)) ({ rows, parts } = windowedRows(rows, parts, env));
  rows = where(rows, parts.qualify);
  parts = { ...parts, qualify: undefined };
  if (tree.distinct) {
    const distinct = distinctRows(rows, parts, tree, env);
    if (distinct.kind === "free") return distinct;
    ({ rows } = distinct);
    parts = { ...parts, items: distinct.columns };
  }
  if (tree.limit !== undefined || tree.offset !== undefined)
    stop(
      "QUERY_ROW_CHOICE",
      tree.at,
      "LIMIT or OFFSET over protected rows",
      `${rowsAdvice(parts.items.map(({ expr }) => expr))} LIMIT may stand behind that.`,
    );
  return { kind: "subject", rows, columns: parts.items };
}
