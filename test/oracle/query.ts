import { type Expr, type Item, lit, mapChildren, type Query, type Select, someExpr, type Value } from "./ast.ts";
import { evaluate, order } from "./evaluate.ts";
import { derivedRows, windowedRows } from "./owned.ts";
import { type Column, columnOf, keyOf, type Relation, type Row } from "./relation.ts";
import { aggregatesOf, type Cell, groupsOf, plainFigure, releaseCells } from "./release.ts";
import { envOf, filtered, rowsOf } from "./rows.ts";
import type { Run, World } from "./world.ts";

const hasWindow = (expr: Expr): boolean => someExpr(expr, (node) => node.k === "win");

function freeColumn(as: string, name: string, at: number): Column {
  return {
    of: as,
    name,
    id: `${as}.${name}#${at}`,
    role: "attribute",
    type: "text",
    source: as,
    base: name,
    sums: "never",
    tells: false,
    chosen: false,
    free: true,
  };
}

/** Nobody's rows. */
function freeRelation(as: string, names: readonly string[], rows: readonly (readonly Value[])[]): Relation {
  const columns = names.map((name, at) => freeColumn(as, name, at));
  return {
    columns,
    rows: rows.map(
      (values): Row => ({ values: new Map(columns.map((column, at) => [column.id, values[at] ?? null])), owners: [] }),
    ),
    owners: [],
    outer: new Set(),
    given: new Set(),
    told: false,
  };
}

/** NULLs last, whichever way. */
function compareValues(a: Value, b: Value, desc: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return desc ? order(b, a) : order(a, b);
}

interface OutRow {
  readonly values: readonly Value[];
  readonly order: readonly Value[];
}

/** HAVING or QUALIFY is done; ORDER BY, ties by all columns, then LIMIT. */
function limited(select: Select, rows: readonly OutRow[]): readonly (readonly Value[])[] {
  const sorted = rows.toSorted((a, b) => {
    const written = select.order.map((item, at) => compareValues(a.order[at] ?? null, b.order[at] ?? null, item.desc));
    const ties = a.values.map((value, at) => compareValues(value, b.values[at] ?? null, false));
    return [...written, ...ties].find((sign) => sign !== 0) ?? 0;
  });
  return sorted.slice(0, select.limit ?? sorted.length).map((row) => row.values);
}

/** Cells as rows: group keys and aggregates become values, what stands around them is computed. */
function ofCells(select: Select, relation: Relation, cells: readonly Cell[]): readonly (readonly Value[])[] {
  const keys = new Map((select.groupBy ?? []).map((expr, at) => [keyOf(expr, relation), at] as const));
  const none = (): never => {
    throw new TypeError("a column outside GROUP BY and aggregates");
  };
  const rows = cells.flatMap((cell): readonly OutRow[] => {
    const replaced = (expr: Expr): Expr => {
      const at = keys.get(keyOf(expr, relation));
      if (at !== undefined) return lit(cell.keys[at] ?? null);
      return expr.k === "agg" ? lit(cell.figure(expr)) : mapChildren(expr, replaced);
    };
    const of = (expr: Expr): Value => evaluate(replaced(expr), none);
    if (select.having !== undefined && of(select.having) !== true) return [];
    return [{ values: select.items.map((item) => of(item.expr)), order: select.order.map((item) => of(item.expr)) }];
  });
  return limited(select, rows);
}

/** Rows of nobody, one by one. */
function ofRows(select: Select, relation: Relation, run: Run): readonly (readonly Value[])[] {
  const rows = relation.rows.map((row): OutRow => {
    const env = envOf(relation, row, run);
    return {
      values: select.items.map((item) => evaluate(item.expr, env)),
      order: select.order.map((item) => evaluate(item.expr, env)),
    };
  });
  return limited(select, rows);
}

/** Columns under new names, the rows as they are: their owners stay. */
function projected(items: readonly Item[], relation: Relation, as: string): Relation {
  const columns = items.map((item): Column => {
    if (item.expr.k !== "col") throw new TypeError("only plain columns are handed on");
    return { ...columnOf(relation, item.expr), of: as, name: item.as };
  });
  const hidden = relation.columns.filter((column) => column.name.startsWith("#"));
  return { ...relation, columns: [...columns, ...hidden] };
}

function isKey(expr: Expr, relation: Relation): boolean {
  return expr.k === "col" && relation.owners.some((ids) => ids.has(columnOf(relation, expr).id));
}

function selected(select: Select, as: string, run: Run): Relation {
  const relation = filtered(rowsOf(select.from, run), select.where, run);
  const { rules } = run.world;
  const names = select.items.map((item) => item.as);
  const groups = select.groupBy ?? [];
  const isGrouped = select.groupBy !== undefined || aggregatesOf(select).length > 0;
  if (relation.owners.length > 0 && groups.some((expr) => isKey(expr, relation))) return derivedRows(select, relation, as, run);
  if (isGrouped) {
    const cells =
      relation.owners.length > 0 && rules !== undefined
        ? releaseCells(select, relation, rules, run)
        : groupsOf(relation, groups, run).map(
            (group): Cell => ({
              ...group,
              figure: (expr) => plainFigure(expr, relation, group.rows, run),
            }),
          );
    return freeRelation(as, names, ofCells(select, relation, cells));
  }
  if (relation.owners.length === 0) return freeRelation(as, names, ofRows(select, relation, run));
  if (select.items.some((item) => hasWindow(item.expr))) return windowedRows(select, relation, as, run);
  return projected(select.items, relation, as);
}

function related(query: Query, as: string, run: Run): Relation {
  if (query.k === "select") return selected(query, as, run);
  const parts = query.parts.map((part) => related(part, as, run));
  const [first] = parts;
  if (first === undefined) throw new TypeError("a union of nothing");
  const rows = parts.flatMap((part) => part.rows.map((row) => part.columns.map((column) => row.values.get(column.id) ?? null)));
  return freeRelation(
    as,
    first.columns.map((column) => column.name),
    rows,
  );
}

/** The rows that a statement may show. */
export function answer(query: Query, world: World): readonly (readonly Value[])[] {
  const relation = related(query, "result", { world, exists: new Map(), query: related });
  if (relation.owners.length > 0) throw new TypeError("rows of owners are never shown");
  return relation.rows.map((row) => relation.columns.map((column) => row.values.get(column.id) ?? null));
}
