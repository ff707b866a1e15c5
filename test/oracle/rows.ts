import { type Col, conjuncts, type Exists, type Expr, type From, type Value } from "./ast.ts";
import { type Env, evaluate } from "./evaluate.ts";
import { type Column, columnOf, isTelling, keyOf, type Owner, type Relation, type Row } from "./relation.ts";
import type { Run, Table } from "./world.ts";

const none = (leaf: Expr): never => {
  throw new TypeError(`${leaf.k} where only columns stand`);
};

/** The values of columns and tied subqueries in one row. */
export function envOf(relation: Relation, row: Row, run: Run, other: Env = none): Env {
  return (leaf) => {
    if (leaf.k === "col") return row.values.get(columnOf(relation, leaf).id) ?? null;
    return leaf.k === "exists" ? exists(leaf, (outer) => row.values.get(columnOf(relation, outer).id) ?? null, run) : other(leaf);
  };
}

/** "No such row" whatever NULLs stand among the rows: NOT IN is read so. */
function exists(expr: Exists, outer: (ref: Col) => Value, run: Run): boolean {
  const known = run.exists.get(expr) ?? tieValues(expr, run);
  run.exists.set(expr, known);
  const values = expr.ties.map(([, around]) => outer(around));
  return (!values.includes(null) && known.has(JSON.stringify(values))) !== expr.negated;
}

function tieValues({ from, where, ties }: Exists, run: Run): ReadonlySet<string> {
  const inner = filtered(rowsOf(from, run), where, run);
  return new Set(inner.rows.map((row) => JSON.stringify(ties.map(([ref]) => row.values.get(columnOf(inner, ref).id) ?? null))));
}

/** The rows for which every condition is true. */
export function filtered(relation: Relation, where: readonly Expr[], run: Run): Relation {
  if (where.length === 0) return relation;
  const parts = where.flatMap(conjuncts);
  const rows = relation.rows.filter((row) => {
    const env = envOf(relation, row, run);
    return parts.every((part) => evaluate(part, env) === true);
  });
  const given = new Set([...relation.given, ...parts.map((part) => keyOf(part, relation))]);
  return { ...relation, rows, given, told: relation.told || parts.some((part) => isTelling(part, relation)) };
}

const asOwner = (value: Value | undefined): Owner => (typeof value === "number" ? value : null);

function ofTable(table: Table, as: string): Relation {
  const isFree = table.grade === "public";
  const columns = table.columns.map(
    (column): Column => ({
      of: as,
      name: column.name,
      id: `${as}.${column.name}`,
      role: column.role,
      type: column.type,
      source: as,
      base: `${table.name}.${column.name}`,
      sums: column.role === "measure" ? "itself" : "never",
      tells: false,
      chosen: false,
      free: isFree,
    }),
  );
  const keys = isFree ? [] : table.columns.flatMap((column, at) => (column.kind === undefined ? [] : [at]));
  return {
    columns,
    rows: table.rows.map((values) => ({
      values: new Map(columns.map((column, at) => [column.id, values[at] ?? null])),
      owners: keys.map((at) => asOwner(values[at])),
    })),
    owners: keys.map((at) => new Set(columns.slice(at, at + 1).map((column) => column.id))),
    outer: new Set(),
    given: new Set(),
    told: false,
  };
}

function freeColumns(as: string, names: readonly string[]): readonly Column[] {
  return names.map((name) => ({
    of: as,
    name,
    id: `${as}.${name}`,
    role: "attribute",
    type: "text",
    source: as,
    base: name,
    sums: "never",
    tells: false,
    chosen: false,
    free: true,
  }));
}

/** Rows of FROM with whose they are. */
export function rowsOf(from: From, run: Run): Relation {
  switch (from.k) {
    case "table": {
      const table = run.world.tables.find((one) => one.name === from.table);
      if (table === undefined) throw new TypeError(`no table ${from.table}`);
      return ofTable(table, from.as);
    }
    case "values": {
      const columns = freeColumns(from.as, from.columns);
      const rows = from.rows.map((values) => ({
        values: new Map(columns.map((column, at) => [column.id, values[at] ?? null])),
        owners: [],
      }));
      return { columns, rows, owners: [], outer: new Set(), given: new Set(), told: false };
    }
    case "query":
      return run.query(from.query, from.as, run);
    case "join":
      return ofJoin(from, run);
  }
}

type Join = Extract<From, { k: "join" }>;

function ofJoin(join: Join, run: Run): Relation {
  const [left, right] = [rowsOf(join.left, run), rowsOf(join.right, run)];
  switch (join.kind) {
    case "semi":
    case "anti":
      return filterJoin(join, left, right, run);
    case "right":
      return joined(right, left, join.on, true, run);
    default:
      return joined(left, right, join.on, join.kind === "left", run);
  }
}

/** Left rows for which there is, or is not, a right one. */
function filterJoin({ kind, on }: Join, left: Relation, right: Relation, run: Run): Relation {
  const partners = joined(left, right, on, false, run);
  const met = new Set(partners.rows.map((row) => partners.from?.get(row)));
  const rows = left.rows.filter((row) => met.has(row) === (kind === "semi"));
  const text = `${kind} ${right.columns[0]?.base} ${on.map((part) => keyOf(part, left)).join(" & ")}`;
  return { ...left, rows, given: new Set([...left.given, text]), told: true };
}

interface Joined extends Relation {
  /** Which row of the kept side each row was. */
  readonly from?: ReadonlyMap<Row, Row>;
}

interface Pair {
  readonly kept: Column;
  readonly other: Column;
}

/** The equality of one column of each side, if that is what a conjunct says. */
function pairOf(part: Expr, kept: Relation, other: Relation): Pair | undefined {
  if (part.k !== "cmp" || part.op !== "=" || part.left.k !== "col" || part.right.k !== "col") return undefined;
  const find = (relation: Relation, ref: Col): Column | undefined =>
    relation.columns.find((column) => column.of === ref.of && column.name === ref.name);
  const [a, b] = [find(kept, part.left) ?? find(kept, part.right), find(other, part.left) ?? find(other, part.right)];
  return a === undefined || b === undefined ? undefined : { kept: a, other: b };
}

/** Every kept row with each partner; keys that the join equates become one owner. */
function joined(kept: Relation, other: Relation, on: readonly Expr[], isOuter: boolean, run: Run): Joined {
  const parts = on.flatMap(conjuncts);
  const pairs = parts.flatMap((part) => pairOf(part, kept, other) ?? []);
  const ownerAt = (relation: Relation, column: Column): number => relation.owners.findIndex((ids) => ids.has(column.id));
  /** For each owner of the other side: the owner of the kept side that it is, or -1. */
  const merges = other.owners.map((ids) => {
    const pair = pairs.find((one) => ids.has(one.other.id) && ownerAt(kept, one.kept) >= 0);
    return pair === undefined ? -1 : ownerAt(kept, pair.kept);
  });
  const isNew = (_owner: unknown, at: number): boolean => merges[at] === -1;
  const owners = [
    ...kept.owners.map((ids, at) => new Set([...ids, ...other.owners.flatMap((more, i) => (merges[i] === at ? [...more] : []))])),
    ...other.owners.filter(isNew),
  ];
  const columns = [...kept.columns, ...other.columns];
  const shape: Relation = {
    columns,
    rows: [],
    owners,
    outer: new Set([
      ...kept.outer,
      ...other.outer,
      ...(isOuter ? [...new Set(other.columns.map((column) => column.source))] : []),
    ]),
    given: isOuter
      ? kept.given
      : new Set([...kept.given, ...other.given, ...parts.map((part) => keyOf(part, { ...kept, columns }))]),
    told: false,
  };
  const told = kept.told || other.told || parts.some((part) => pairOf(part, kept, other) === undefined && isTelling(part, shape));
  const byKey = Map.groupBy(other.rows, (row) => JSON.stringify(pairs.map((pair) => row.values.get(pair.other.id) ?? null)));
  const from = new Map<Row, Row>();
  const rows = kept.rows.flatMap((row) => {
    const values = pairs.map((pair) => row.values.get(pair.kept.id) ?? null);
    const candidates = values.includes(null) ? [] : (byKey.get(JSON.stringify(values)) ?? []);
    const made = candidates.map((partner): Row => {
      const own = row.owners.map((owner, at) => owner ?? partner.owners.find((_one, i) => merges[i] === at) ?? null);
      return {
        values: new Map([...row.values, ...partner.values]),
        owners: [...own, ...partner.owners.filter(isNew)],
      };
    });
    const met = made.filter((one) => {
      const env = envOf(shape, one, run);
      return parts.every((part) => evaluate(part, env) === true);
    });
    const alone: Row = { values: row.values, owners: [...row.owners, ...other.owners.filter(isNew).map(() => null)] };
    const result = met.length > 0 || !isOuter ? met : [alone];
    for (const one of result) from.set(one, row);
    return result;
  });
  return { ...shape, rows, from, told };
}
