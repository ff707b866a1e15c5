import { type CtePlan, columnId, type FromPlan, type QueryPlan } from "../plan/query-plan.ts";
import type { ReleaseDraft } from "../release/model.ts";
import { emitExpression, emitOrder } from "./expression.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { Recorder } from "./recorder.ts";

/** Name of the table that a release is kept in while its statement runs. */
export function releaseTable(id: string): string {
  return `__${id}`;
}

/** What may be seen of a release: cells that passed, in rows that have one. */
function emitCells(release: ReleaseDraft, recorder: Recorder): string {
  const table = releaseTable(release.id);
  recorder.tables.add(table);
  const verdict = (id: string): string => {
    recorder.columns.add(`${id}_verdict`).add(`${id}_value`);
    return `${quoteIdentifier(`${id}_verdict`)} = 'pass'`;
  };
  const keys = release.keys.map((key) => quoteIdentifier(key.id));
  for (const key of release.keys) recorder.columns.add(key.id);
  const atoms = release.atoms.map((atom) => {
    recorder.columns.add(atom.id);
    return `CASE WHEN ${verdict(atom.id)} THEN ${quoteIdentifier(`${atom.id}_value`)} END AS ${quoteIdentifier(atom.id)}`;
  });
  const shown = release.atoms.map((atom) => verdict(atom.id)).join(" OR ");
  return `(SELECT ${[...keys, ...atoms].join(", ")} FROM ${quoteIdentifier(table)} WHERE ${shown})`;
}

const joins = { inner: "JOIN", left: "LEFT JOIN", right: "RIGHT JOIN", full: "FULL JOIN", cross: "CROSS JOIN" } as const;

function emitFrom(from: FromPlan, recorder: Recorder): string {
  switch (from.kind) {
    case "none":
      return "";
    case "table":
    case "cte":
      recorder.tables.add(from.name);
      return `${quoteIdentifier(from.name)} AS ${quoteIdentifier(from.alias)}`;
    case "query":
      return `(${emitQuery(from.query, recorder)}) AS ${quoteIdentifier(from.alias)}`;
    case "release":
      return `${emitCells(from.release, recorder)} AS ${quoteIdentifier(from.alias)}`;
    case "values": {
      const rows = from.rows.map((row) => `(${row.map((expr) => emitExpression(expr, recorder)).join(", ")})`);
      const ids = from.columns.map(quoteIdentifier);
      return `(VALUES ${rows.join(", ")}) AS ${quoteIdentifier(from.alias)}(${ids.join(", ")})`;
    }
    case "join": {
      const on = from.on === undefined ? "" : ` ON ${emitExpression(from.on, recorder)}`;
      return `(${emitFrom(from.left, recorder)} ${joins[from.join]} ${emitFrom(from.right, recorder)}${on})`;
    }
  }
}

/** One SELECT; `names` are the outermost column names, and with them rows come in a fixed order. */
export function emitQuery(query: QueryPlan, recorder: Recorder, names?: readonly string[]): string {
  const emit = (expr: QueryPlan["items"][number]): string => emitExpression(expr, recorder);
  const items = query.items.map((expr, i) => {
    const name = names?.[i] ?? columnId(i);
    recorder.columns.add(name);
    return `${emit(expr)} AS ${quoteIdentifier(name)}`;
  });
  const from = emitFrom(query.from, recorder);
  // The order of rows must not depend on how the engine met them: ties fall to the columns themselves.
  const fixed = names !== undefined || query.limit !== undefined || query.offset !== undefined;
  const order = [
    ...(query.order.length === 0 ? [] : [emitOrder(query.order, emit)]),
    ...(fixed ? query.items.map((_expr, i) => String(i + 1)) : []),
  ];
  const clauses = [
    `SELECT ${query.distinct ? "DISTINCT " : ""}${items.join(", ")}`,
    from === "" ? "" : `FROM ${from}`,
    query.where === undefined ? "" : `WHERE ${emit(query.where)}`,
    query.groupBy.length === 0 ? "" : `GROUP BY ${query.groupBy.map(emit).join(", ")}`,
    query.having === undefined ? "" : `HAVING ${emit(query.having)}`,
    query.qualify === undefined ? "" : `QUALIFY ${emit(query.qualify)}`,
    order.length === 0 ? "" : `ORDER BY ${order.join(", ")}`,
    query.limit === undefined ? "" : `LIMIT ${query.limit}`,
    query.offset === undefined ? "" : `OFFSET ${query.offset}`,
  ];
  return `${emitWith(query.ctes, "", recorder)}${clauses.filter((clause) => clause !== "").join(" ")}`;
}

function emitWith(ctes: readonly CtePlan[], hint: "" | "MATERIALIZED ", recorder: Recorder): string {
  if (ctes.length === 0) return "";
  const parts = ctes.map((cte) => `${quoteIdentifier(cte.name)} AS ${hint}(${emitQuery(cte.query, recorder)})`);
  return `WITH ${parts.join(", ")} `;
}

/** The outermost statement with its WITH queries. */
export function emitStatement(query: QueryPlan, names: readonly string[], ctes: readonly CtePlan[], recorder: Recorder): string {
  // Nothing is around the outermost query, so none of its WITH queries is its own.
  return `${emitWith(ctes, "MATERIALIZED ", recorder)}${emitQuery(query, recorder, names)}`;
}
