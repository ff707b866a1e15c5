import { stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { leavesOf, nullableAliases, selectsOf } from "../release/rows.ts";
import {
  type Bound,
  type DerivedRows,
  type KeyField,
  type Leaf,
  plainSubject,
  type RowsFrom,
  type SubjectField,
  type SubjectRows,
} from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import { foldName } from "../schema.ts";
import type { TypeFamily } from "../types.ts";
import { categoryOf } from "./category.ts";
import { checkCondition } from "./condition.ts";
import { isTelling } from "./telling.ts";

const keyName = (field: SubjectField): string => `${field.source}.${foldName(field.column.name)}`;

type Equality = readonly [SubjectField, SubjectField];

/** The two owner keys that a conjunct equates across tables, if that is what it does. */
export function ownerEquality(condition: Bound): Equality | undefined {
  if (condition.kind !== "compare" || condition.op !== "=") return undefined;
  const [left, right] = [plainSubject(condition.left), plainSubject(condition.right)];
  if (left?.subject === undefined || right?.subject === undefined || left.source === right.source) return undefined;
  if (left.subject.kind === right.subject.kind) return [left, right];
  return stop(
    "QUERY_JOIN_NOT_BY_OWNER",
    condition.at,
    `keys of two kinds equated: ${left.subject.kind} and ${right.subject.kind}`,
    "Equate keys of one kind, or aggregate both sides first and join the figures.",
  );
}

/** Owners of the joined rows, and the conditions that are left once the joins are taken out. */
export interface Ownership {
  readonly owners: readonly [OwnerExpr, ...OwnerExpr[]];
  readonly filters: readonly Bound[];
}

function ownerKeys(leaf: Leaf): readonly KeyField[] {
  const { table, alias, at, derived } = leaf;
  if (derived !== undefined) return derived.columns.flatMap(({ field }) => keyField({ ...field, source: alias }));
  return table.subjects.map((subject) => {
    const column = table.columns.find((candidate) => foldName(candidate.name) === foldName(subject.column));
    if (column === undefined) return stop("QUERY_NAME_UNKNOWN", at, `the owner key ${subject.column} of ${table.name}`);
    return { kind: "subject", source: alias, table, column, subject };
  });
}

function keyField(field: SubjectField): readonly KeyField[] {
  const { subject } = field;
  return subject === undefined ? [] : [{ ...field, subject }];
}

type NonEmpty<T> = [T, ...T[]];

/** The equality of owner keys that would tie two sides, if they have keys of one kind. */
function joinAdvice(left: readonly Leaf[], right: readonly Leaf[]): string {
  const keysOf = (leaves: readonly Leaf[]): readonly KeyField[] =>
    leaves.flatMap((leaf) => (leaf.free === undefined && leaf.derived === undefined ? ownerKeys(leaf) : []));
  const others = keysOf(right);
  for (const key of keysOf(left)) {
    const other = others.find((candidate) => candidate.subject.kind === key.subject.kind);
    if (other === undefined) continue;
    return `Join on the owner key: ${key.table.name}.${key.column.name} = ${other.table.name}.${other.column.name}.`;
  }
  return "Aggregate both sides first and join the figures: their rows have no owner of one kind.";
}

/** Sets that grow together: items of one set share one array. */
function unite<T>(sets: Map<string, NonEmpty<T>>, a: string, b: string): void {
  const [left, right] = [sets.get(a), sets.get(b)];
  if (left === undefined || right === undefined || left === right) return;
  left.push(...right);
  for (const [key, set] of sets) if (set === right) sets.set(key, left);
}

/**
 * The column of one free table that a conjunct equates with something that is settled. Of the same kind of value only: two
 * whole numbers that differ may be equal as FLOAT, and would then both meet one protected row.
 */
function equatedColumn(condition: Bound, alias: string, loose: ReadonlySet<string>): readonly string[] {
  if (condition.kind !== "compare" || condition.op !== "=") return [];
  const sides = [condition.left, condition.right];
  return sides.flatMap((side, i) => {
    const other = sides[1 - i];
    if (side.kind !== "ref" || side.ref.kind !== "free" || side.ref.source !== alias || other === undefined) return [];
    const settled = !fieldsIn(other).some((field) => loose.has(field.source));
    return settled && isOfFamily(other, side.ref.family) ? [side.ref.column] : [];
  });
}

function isOfFamily(expr: Bound, family: TypeFamily | undefined): boolean {
  if (expr.kind === "literal") return true;
  return family !== undefined && categoryOf(expr, checkCondition)?.family === family;
}

interface FreeLeaf {
  readonly leaf: Leaf;
  readonly conditions: readonly Bound[];
}

function freeLeaves({ from, conditions }: SubjectRows): readonly FreeLeaf[] {
  switch (from.kind) {
    case "leaf":
      return from.leaf.free === undefined ? [] : [{ leaf: from.leaf, conditions }];
    case "inner":
      return from.parts.flatMap((part) => freeLeaves({ from: part, conditions }));
    case "outer":
      return [...freeLeaves({ from: from.left, conditions }), ...freeLeaves({ from: from.right, conditions: from.on })];
  }
}

/**
 * Free rows add columns to protected rows; where two of them could meet one protected row, it would count twice, or a
 * thousand times where somebody meets a condition. Each is settled by what is settled already: of two that are equated only
 * with each other, neither is.
 */
function checkFreeLeaves(rows: SubjectRows): void {
  let open = freeLeaves(rows);
  for (;;) {
    const loose = new Set(open.map(({ leaf }) => leaf.alias));
    const still = open.filter(({ leaf, conditions }) => {
      const equated = new Set(conditions.flatMap((condition) => equatedColumn(condition, leaf.alias, loose)));
      return leaf.free?.unique.some((set) => set.every((column) => equated.has(column))) !== true;
    });
    const [first] = still;
    if (first === undefined) return;
    if (still.length === open.length) {
      stop(
        "QUERY_JOIN_KIND",
        first.leaf.at,
        "public or released rows that may multiply protected ones",
        "Join them by equality on columns that are surely unique in them: JOIN (SELECT key, any_value(x) AS x FROM t GROUP BY key) USING (key); so are DISTINCT columns and VALUES.",
      );
    }
    open = still;
  }
}

/** Keys that are one owner, and tables that are tied to each other. */
interface Ties {
  readonly owners: Map<string, NonEmpty<KeyField>>;
  readonly tables: Map<string, NonEmpty<Leaf>>;
}

function tie({ owners, tables }: Ties, conditions: readonly Bound[]): void {
  for (const [left, right] of conditions.flatMap(equalityOf)) {
    unite(owners, keyName(left), keyName(right));
    unite(tables, left.source, right.source);
  }
}

function equalityOf(condition: Bound): readonly Equality[] {
  const pair = ownerEquality(condition);
  return pair === undefined ? [] : [pair];
}

const aliasesOf = (from: RowsFrom): ReadonlySet<string> => new Set(leavesOf(from).map((leaf) => leaf.alias));

type OuterJoin = Extract<RowsFrom, { kind: "outer" }>;

/** Conditions of an outer join that equate keys within its right side, or one of each side. */
function equalitiesOf(from: OuterJoin, side: "right" | "both"): readonly Bound[] {
  const [left, right] = [aliasesOf(from.left), aliasesOf(from.right)];
  const isOf = (pair: Equality): boolean => {
    const inRight = pair.filter((field) => right.has(field.source)).length;
    return side === "right" ? inRight === 2 : inRight === 1 && pair.some((field) => left.has(field.source));
  };
  return from.on.filter((condition) => equalityOf(condition).some(isOf));
}

/**
 * What holds in every row that an outer join gives. Its condition leaves every left row there, so it makes no two owners of the
 * left side one: `(a CROSS JOIN c) LEFT JOIN b ON a.id = b.id AND a.id = c.id` would put everybody beside everybody. Of the
 * right side only rows stay for which it holds. Every right side is tied by the join itself: a later filter would come too
 * late for rows without a partner.
 */
function tieOuter(from: RowsFrom, ties: Ties): void {
  if (from.kind === "leaf") return;
  if (from.kind === "inner") {
    for (const part of from.parts) tieOuter(part, ties);
    return;
  }
  if (leavesOf(from.left).every((leaf) => leaf.free !== undefined)) {
    stop(
      "QUERY_JOIN_KIND",
      leavesOf(from.left)[0]?.at,
      "an outer join that keeps public or released rows and adds protected ones",
      "Aggregate the protected rows first, then join the figures.",
    );
  }
  // Of a full join every right row stays, too: its sides are tied by themselves.
  if (from.full !== true) tie(ties, equalitiesOf(from, "right"));
  tieOuter(from.left, ties);
  tieOuter(from.right, ties);
  if (leavesOf(from.right).every((leaf) => leaf.free !== undefined)) return;
  const left = aliasesOf(from.left);
  const [before, across] = [setsWithin(ties, left), equalitiesOf(from, "both")];
  tie(ties, across);
  if (across.length > 0 && setsWithin(ties, left) === before) return;
  const tables = leavesOf(from.right);
  const names = tables.map((leaf) => leaf.table.name).join(", ");
  stop(
    "QUERY_JOIN_NOT_BY_OWNER",
    tables[0]?.at,
    `${names} in an outer join without an equality of owner keys`,
    joinAdvice(leavesOf(from.left), tables),
  );
}

/** How many owners, and how many groups of tied tables, these tables have. */
function setsWithin({ owners, tables }: Ties, aliases: ReadonlySet<string>): number {
  const own = [...owners.values()].filter((fields) => fields.some((field) => aliases.has(field.source)));
  const tied = [...tables.values()].filter((leaves) => leaves.some((leaf) => aliases.has(leaf.alias)));
  return new Set(own).size + new Set(tied).size;
}

/** Conditions of outer joins that are no equality of owner keys across the join or within its right side. */
function outerFilters(from: RowsFrom): readonly Bound[] {
  if (from.kind === "leaf") return [];
  if (from.kind === "inner") return from.parts.flatMap(outerFilters);
  const ties = new Set([...equalitiesOf(from, "right"), ...equalitiesOf(from, "both")]);
  const own = from.on.filter((condition) => !ties.has(condition));
  return [...outerFilters(from.left), ...outerFilters(from.right), ...own];
}

/**
 * Who is in a row of these tables. Keys that a top-level conjunct equates are one owner; every other
 * key is an owner of its own. Tables that no such conjunct ties are refused: they would multiply rows.
 */
export function findOwners(rows: SubjectRows): Ownership {
  checkFreeLeaves(rows);
  const leaves = leavesOf(rows.from).filter((leaf) => leaf.free === undefined);
  const keys = leaves.flatMap(ownerKeys);
  const ties: Ties = {
    owners: new Map(keys.map((field) => [keyName(field), [field]])),
    tables: new Map(leaves.map((leaf) => [leaf.alias, [leaf]])),
  };
  tie(ties, rows.conditions);
  tieOuter(rows.from, ties);
  const filters = [...outerFilters(rows.from), ...rows.conditions.filter((condition) => equalityOf(condition).length === 0)];
  checkTied(ties.tables);
  const nullable = nullableAliases(rows.from);
  const [first, ...rest] = [...new Set(ties.owners.values())].map((fields, i) => toOwner(fields, i, nullable));
  // A table whose owners cannot be told protects nobody, so nothing is computed from it.
  if (first === undefined) stop("QUERY_NAME_UNKNOWN", undefined, "an owner key: the agreement declares none for this table");
  return { owners: [first, ...rest], filters };
}

function toOwner(fields: NonEmpty<KeyField>, index: number, nullable: ReadonlySet<string>): OwnerExpr {
  const isOuter = (field: KeyField): number => (nullable.has(field.source) ? 1 : 0);
  const [first = fields[0], ...rest] = fields.toSorted((a, b) => isOuter(a) - isOuter(b));
  const owner: OwnerExpr = {
    id: `o${index + 1}`,
    kind: first.subject.kind,
    fields: [first, ...rest],
    outer: isOuter(first) === 1,
  };
  return Object.freeze(owner);
}

function checkTied(tied: ReadonlyMap<string, NonEmpty<Leaf>>): void {
  const [first, loose] = new Set(tied.values());
  if (first !== undefined && loose !== undefined) {
    const [{ table, at }] = loose;
    stop(
      "QUERY_JOIN_NOT_BY_OWNER",
      at,
      `${table.name} without an equality of owner keys to the tables before it`,
      joinAdvice(first, loose),
    );
  }
}

/**
 * Whether something beside the owner chooses which rows there are: a condition, a group that is no owner, at whatever
 * level. How many an owner has is then shaped: `CASE WHEN t THEN hospital END` makes several groups of t's owner, one of others'.
 */
export function areChosen(rows: SubjectRows): boolean {
  if (findOwners(rows).filters.length > 0) return true;
  return leavesOf(rows.from).some(({ derived }) => derived !== undefined && isChosenLeaf(derived));
}

function isChosenLeaf(derived: DerivedRows): boolean {
  const isKey = (expr: Bound): boolean => plainSubject(expr)?.subject !== undefined;
  return derived.groupBy?.every(isKey) === false || selectsOf(derived).some(({ rows }) => areChosen(rows));
}

/** Whether a condition on attributes or measures chooses which rows there are, at whatever level. */
export function areTold(rows: SubjectRows): boolean {
  const outer = nullableAliases(rows.from);
  if (findOwners(rows).filters.some((filter) => isTelling(filter, outer))) return true;
  return leavesOf(rows.from).some(
    ({ derived }) => derived !== undefined && selectsOf(derived).some(({ rows: below }) => areTold(below)),
  );
}

/** The owner that a key column stands for. */
export function ownerOf(owners: readonly OwnerExpr[], field: SubjectField): OwnerExpr | undefined {
  return owners.find((owner) => owner.fields.some((candidate) => keyName(candidate) === keyName(field)));
}
