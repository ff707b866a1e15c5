import { type CtePlan, columnId, type FromPlan, type LimitPlan, type QueryPlan } from "../plan/query-plan.ts";
import type { ReleaseDraft } from "../release/model.ts";
import { shownFigures } from "../release/rows.ts";
import type { Bound } from "../resolve/field.ts";
import type { JoinKind, SetOp } from "../tree/statement.ts";
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
    recorder.columns.add(`${id}_verdict`);
    return `${quoteIdentifier(`${id}_verdict`)} = 'pass'`;
  };
  const keys = release.keys.map((key) => quoteIdentifier(key.id));
  for (const key of release.keys) recorder.columns.add(key.id);
  const figure = recorder.noisy ? "shown" : "value";
  const figures = shownFigures(release);
  const atoms = figures.map((id) => {
    recorder.columns.add(id).add(`${id}_${figure}`);
    return `CASE WHEN ${verdict(id)} THEN ${quoteIdentifier(`${id}_${figure}`)} END AS ${quoteIdentifier(id)}`;
  });
  const shown = figures.map(verdict).join(" OR ");
  return `(SELECT ${[...keys, ...atoms].join(", ")} FROM ${quoteIdentifier(table)} WHERE ${shown})`;
}

const joins: Readonly<Record<JoinKind, string>> = {
  inner: "JOIN",
  left: "LEFT JOIN",
  right: "RIGHT JOIN",
  full: "FULL JOIN",
  cross: "CROSS JOIN",
  semi: "SEMI JOIN",
  anti: "ANTI JOIN",
  asof: "ASOF JOIN",
  "asof-left": "ASOF LEFT JOIN",
  "asof-right": "ASOF RIGHT JOIN",
  "asof-full": "ASOF FULL JOIN",
  positional: "POSITIONAL JOIN",
};

const operations: Readonly<Record<SetOp, string>> = { union: "UNION", except: "EXCEPT", intersect: "INTERSECT" };

/** NATURAL joins and LATERAL subqueries need no word of their own: the engine finds by itself what looks aside. */
function emitJoin(from: Extract<FromPlan, { kind: "join" }>, recorder: Recorder): string {
  const on = from.on === undefined ? "" : ` ON ${emitExpression(from.on, recorder)}`;
  return `(${emitFrom(from.left, recorder)} ${joins[from.join]} ${emitFrom(from.right, recorder)}${on})`;
}

function emitFunction(from: Extract<FromPlan, { kind: "function" }>, recorder: Recorder): string {
  recorder.functions.add(from.fn);
  recorder.forms.add("TABLE_FUNCTION");
  const args = from.args.map((arg) => emitExpression(arg, recorder));
  const ordinality = from.ordinality ? " WITH ORDINALITY" : "";
  return `${from.fn}(${args.join(", ")})${ordinality} AS ${quoteIdentifier(from.alias)}(${from.columns.map(quoteIdentifier).join(", ")})`;
}

function emitSet(from: Extract<FromPlan, { kind: "set" }>, recorder: Recorder): string {
  recorder.forms.add("SET_OPERATION_NODE");
  const operator = `${operations[from.op]}${from.all ? " ALL" : ""}`;
  const [left, right] = [emitQuery(from.left, recorder), emitQuery(from.right, recorder)];
  return `((${left}) ${operator} (${right})) AS ${quoteIdentifier(from.alias)}`;
}

function emitFrom(from: FromPlan, recorder: Recorder): string {
  switch (from.kind) {
    case "none":
      return "";
    case "table":
    case "cte": {
      recorder.tables.add(from.name);
      const recurring = from.kind === "cte" && from.recurring;
      if (recurring) recorder.forms.add("RECURRING");
      return `${recurring ? "recurring." : ""}${quoteIdentifier(from.name)} AS ${quoteIdentifier(from.alias)}`;
    }
    case "query":
      return `(${emitQuery(from.query, recorder)}) AS ${quoteIdentifier(from.alias)}`;
    case "release":
      return `${emitCells(from.release, recorder)} AS ${quoteIdentifier(from.alias)}`;
    case "values": {
      const rows = from.rows.map((row) => `(${row.map((expr) => emitExpression(expr, recorder)).join(", ")})`);
      const ids = from.columns.map(quoteIdentifier);
      return `(VALUES ${rows.join(", ")}) AS ${quoteIdentifier(from.alias)}(${ids.join(", ")})`;
    }
    case "join":
      return emitJoin(from, recorder);
    case "function":
      return emitFunction(from, recorder);
    case "set":
      return emitSet(from, recorder);
  }
}

type Emit = (expr: Bound) => string;

/** A key that is a constant is written as a cast: a plain number would be the place of a column. */
function emitKey(expr: Bound, emit: Emit): string {
  return expr.kind === "literal" ? `CAST(${emit(expr)} AS VARCHAR)` : emit(expr);
}

function emitGroups({ groupBy, groupSets }: QueryPlan, emit: Emit): string {
  const keys = groupBy.map((expr) => emitKey(expr, emit));
  if (groupSets === undefined) return keys.length === 0 ? "" : `GROUP BY ${keys.join(", ")}`;
  const sets = groupSets.map((set) => `(${set.flatMap((place) => keys.slice(place, place + 1)).join(", ")})`);
  return `GROUP BY GROUPING SETS (${sets.join(", ")})`;
}

function emitDistinct({ distinct, distinctOn }: QueryPlan, emit: Emit): string {
  if (distinctOn.length > 0) return `DISTINCT ON (${distinctOn.map((expr) => emitKey(expr, emit)).join(", ")}) `;
  return distinct ? "DISTINCT " : "";
}

/** A share takes no expression but one in brackets. */
function emitLimit({ count, percent }: LimitPlan, emit: Emit): string {
  return `LIMIT ${percent ? `(${emit(count)})%` : emit(count)}`;
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
  // A figure may come to nothing but a constant (`sum(x - x)`); as a plain number it would be the place of a column.
  const written = query.order.filter((item) => item.expr.kind !== "literal");
  const order = [
    ...(written.length === 0 ? [] : [emitOrder(written, emit)]),
    ...(fixed ? query.items.map((_expr, i) => String(i + 1)) : []),
  ];
  const clauses = [
    `SELECT ${emitDistinct(query, emit)}${items.join(", ")}`,
    from === "" ? "" : `FROM ${from}`,
    query.where === undefined ? "" : `WHERE ${emit(query.where)}`,
    emitGroups(query, emit),
    query.having === undefined ? "" : `HAVING ${emit(query.having)}`,
    query.qualify === undefined ? "" : `QUALIFY ${emit(query.qualify)}`,
    order.length === 0 ? "" : `ORDER BY ${order.join(", ")}`,
    query.limit === undefined ? "" : emitLimit(query.limit, emit),
    query.offset === undefined ? "" : `OFFSET ${emit(query.offset)}`,
  ];
  return `${emitWith(query.ctes, "", recorder)}${clauses.filter((clause) => clause !== "").join(" ")}`;
}

/** A WITH query; a recursion is computed once by itself and takes no hint. */
export function emitCte({ name, query, step }: CtePlan, hint: "" | "MATERIALIZED ", recorder: Recorder): string {
  const first = emitQuery(query, recorder);
  if (step === undefined) return `${quoteIdentifier(name)} AS ${hint}(${first})`;
  recorder.forms.add("RECURSIVE_CTE_NODE");
  for (const key of step.keys) recorder.columns.add(key);
  const columns = step.keys.length === 0 ? [] : Array.from({ length: step.width }, (_unused, i) => quoteIdentifier(columnId(i)));
  const using = columns.length === 0 ? "" : ` (${columns.join(", ")}) USING KEY (${step.keys.map(quoteIdentifier).join(", ")})`;
  return `${quoteIdentifier(name)}${using} AS ((${first}) UNION ${step.all ? "ALL " : ""}(${emitQuery(step.query, recorder)}))`;
}

function emitWith(ctes: readonly CtePlan[], hint: "" | "MATERIALIZED ", recorder: Recorder): string {
  if (ctes.length === 0) return "";
  const recursive = ctes.some((cte) => cte.step !== undefined) ? "RECURSIVE " : "";
  return `WITH ${recursive}${ctes.map((cte) => emitCte(cte, hint, recorder)).join(", ")} `;
}

/** The outermost statement with its WITH queries. */
export function emitStatement(query: QueryPlan, names: readonly string[], ctes: readonly CtePlan[], recorder: Recorder): string {
  // Nothing is around the outermost query, so none of its WITH queries is its own.
  return `${emitWith(ctes, "MATERIALIZED ", recorder)}${emitQuery(query, recorder, names)}`;
}
