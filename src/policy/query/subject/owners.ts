import { stop } from "../refusal.ts";
import type { Leaf, OwnerExpr } from "../release/model.ts";
import { type Bound, type KeyField, plainSubject, type SubjectField } from "../resolve/field.ts";
import { foldName } from "../schema.ts";

const keyName = (field: SubjectField): string => `${field.source}.${foldName(field.column.name)}`;

/** The two owner keys that a conjunct equates across tables, if that is what it does. */
function ownerEquality(condition: Bound): readonly [SubjectField, SubjectField] | undefined {
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
  const { table, alias, at } = leaf;
  return table.subjects.map((subject) => {
    const column = table.columns.find((candidate) => foldName(candidate.name) === foldName(subject.column));
    if (column === undefined) return stop("QUERY_NAME_UNKNOWN", at, `the owner key ${subject.column} of ${table.name}`);
    return { kind: "subject", source: alias, table, column, subject };
  });
}

type NonEmpty<T> = [T, ...T[]];

/** Sets that grow together: items of one set share one array. */
function unite<T>(sets: Map<string, NonEmpty<T>>, a: string, b: string): void {
  const [left, right] = [sets.get(a), sets.get(b)];
  if (left === undefined || right === undefined || left === right) return;
  left.push(...right);
  for (const [key, set] of sets) if (set === right) sets.set(key, left);
}

/**
 * Who is in a row of these tables. Keys that a top-level conjunct equates are one owner; every other
 * key is an owner of its own. Tables that no such conjunct ties are refused: they would multiply rows.
 */
export function findOwners(leaves: readonly Leaf[], conditions: readonly Bound[]): Ownership {
  const keys = leaves.flatMap(ownerKeys);
  const owners = new Map(keys.map((field): [string, NonEmpty<KeyField>] => [keyName(field), [field]]));
  const tied = new Map(leaves.map((leaf): [string, NonEmpty<Leaf>] => [leaf.alias, [leaf]]));
  const filters = conditions.filter((condition) => {
    const equated = ownerEquality(condition);
    if (equated === undefined) return true;
    const [left, right] = equated;
    unite(owners, keyName(left), keyName(right));
    unite(tied, left.source, right.source);
    return false;
  });
  checkTied(tied);
  const [first, ...rest] = [...new Set(owners.values())].map(toOwner);
  // A table whose owners cannot be told protects nobody, so nothing is computed from it.
  if (first === undefined) stop("QUERY_NAME_UNKNOWN", undefined, "an owner key: the agreement declares none for this table");
  return { owners: [first, ...rest], filters };
}

function toOwner(fields: NonEmpty<KeyField>, index: number): OwnerExpr {
  return Object.freeze({ id: `o${index + 1}`, kind: fields[0].subject.kind, fields });
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
