import { stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { leavesOf, nullableAliases, outerConditions } from "../release/rows.ts";
import {
  type Bound,
  type KeyField,
  type Leaf,
  plainSubject,
  type RowsFrom,
  type SubjectField,
  type SubjectRows,
} from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import { foldName } from "../schema.ts";

const keyName = (field: SubjectField): string => `${field.source}.${foldName(field.column.name)}`;

/** The two owner keys that a conjunct equates across tables, if that is what it does. */
export function ownerEquality(condition: Bound): readonly [SubjectField, SubjectField] | undefined {
  if (condition.kind !== "compare" || condition.op !== "=") return undefined;
  const [left, right] = [plainSubject(condition.left), plainSubject(condition.right)];
  if (left?.subject === undefined || right?.subject === undefined || left.source === right.source) return undefined;
  if (left.subject.kind === right.subject.kind) return [left, right];
  return stop("QUERY_JOIN_NOT_BY_OWNER", condition.at, `keys of a ${left.subject.kind} and of a ${right.subject.kind} equated`);
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

/** Sets that grow together: items of one set share one array. */
function unite<T>(sets: Map<string, NonEmpty<T>>, a: string, b: string): void {
  const [left, right] = [sets.get(a), sets.get(b)];
  if (left === undefined || right === undefined || left === right) return;
  left.push(...right);
  for (const [key, set] of sets) if (set === right) sets.set(key, left);
}

/** The column of one free table that a conjunct equates with something outside it. */
function equatedColumn(condition: Bound, alias: string): readonly string[] {
  if (condition.kind !== "compare" || condition.op !== "=") return [];
  const sides = [condition.left, condition.right];
  return sides.flatMap((side, i) => {
    const other = sides[1 - i];
    if (side.kind !== "ref" || side.ref.kind !== "free" || side.ref.source !== alias || other === undefined) return [];
    return fieldsIn(other).some((field) => field.source === alias) ? [] : [side.ref.column];
  });
}

function checkUnique(leaf: Leaf, conditions: readonly Bound[]): void {
  const equated = new Set(conditions.flatMap((condition) => equatedColumn(condition, leaf.alias)));
  if (leaf.free?.unique.some((set) => set.every((column) => equated.has(column)))) return;
  stop(
    "QUERY_JOIN_KIND",
    leaf.at,
    "public or released rows that may multiply protected ones",
    "Join them by equality on columns that are surely unique in them: group keys of an aggregation, DISTINCT, or VALUES.",
  );
}

/** Free rows add columns to protected rows; where two of them could meet one protected row, it would count twice. */
function checkFreeLeaves({ from, conditions }: SubjectRows): void {
  switch (from.kind) {
    case "leaf":
      if (from.leaf.free !== undefined) checkUnique(from.leaf, conditions);
      return;
    case "inner":
      for (const part of from.parts) checkFreeLeaves({ from: part, conditions });
      return;
    case "outer":
      checkFreeLeaves({ from: from.left, conditions });
      checkFreeLeaves({ from: from.right, conditions: from.on });
      return;
  }
}

/** Every right side of an outer join is tied by the join itself: a later filter would come too late for rows without a partner. */
function checkOuterJoins(from: RowsFrom): void {
  if (from.kind === "leaf") return;
  if (from.kind === "inner") {
    for (const part of from.parts) checkOuterJoins(part);
    return;
  }
  checkOuterJoins(from.left);
  checkOuterJoins(from.right);
  if (leavesOf(from.left).every((leaf) => leaf.free !== undefined)) {
    stop(
      "QUERY_JOIN_KIND",
      leavesOf(from.left)[0]?.at,
      "an outer join that keeps public or released rows and adds protected ones",
      "Aggregate the protected rows first, then join the figures.",
    );
  }
  if (leavesOf(from.right).every((leaf) => leaf.free !== undefined)) return;
  const [left, right] = [from.left, from.right].map((side) => new Set(leavesOf(side).map((leaf) => leaf.alias)));
  const ties = from.on.map(ownerEquality).some((pair) => {
    const sources = pair?.map((field) => field.source) ?? [];
    return sources.some((source) => left?.has(source)) && sources.some((source) => right?.has(source));
  });
  const tables = leavesOf(from.right);
  const names = tables.map((leaf) => leaf.table.name).join(", ");
  if (!ties) stop("QUERY_JOIN_NOT_BY_OWNER", tables[0]?.at, `${names} in an outer join without an equality of owner keys`);
}

/**
 * Who is in a row of these tables. Keys that a top-level conjunct equates are one owner; every other
 * key is an owner of its own. Tables that no such conjunct ties are refused: they would multiply rows.
 */
export function findOwners(rows: SubjectRows): Ownership {
  checkFreeLeaves(rows);
  const leaves = leavesOf(rows.from).filter((leaf) => leaf.free === undefined);
  const keys = leaves.flatMap(ownerKeys);
  const owners = new Map(keys.map((field): [string, NonEmpty<KeyField>] => [keyName(field), [field]]));
  const tied = new Map(leaves.map((leaf): [string, NonEmpty<Leaf>] => [leaf.alias, [leaf]]));
  checkOuterJoins(rows.from);
  const filters = [...outerConditions(rows.from), ...rows.conditions].filter((condition) => {
    const equated = ownerEquality(condition);
    if (equated === undefined) return true;
    const [left, right] = equated;
    unite(owners, keyName(left), keyName(right));
    unite(tied, left.source, right.source);
    return false;
  });
  checkTied(tied);
  const nullable = nullableAliases(rows.from);
  const [first, ...rest] = [...new Set(owners.values())].map((fields, i) => toOwner(fields, i, nullable));
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
  const [, loose] = new Set(tied.values());
  if (loose !== undefined) {
    const [{ table, at }] = loose;
    stop("QUERY_JOIN_NOT_BY_OWNER", at, `${table.name} without an equality of owner keys to the tables before it`);
  }
}

/** The owner that a key column stands for. */
export function ownerOf(owners: readonly OwnerExpr[], field: SubjectField): OwnerExpr | undefined {
  return owners.find((owner) => owner.fields.some((candidate) => keyName(candidate) === keyName(field)));
}
