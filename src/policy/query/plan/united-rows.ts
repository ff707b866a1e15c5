import { type At, stop } from "../refusal.ts";
import type { OwnerExpr } from "../release/model.ts";
import { leavesOf, nullableAliases } from "../release/rows.ts";
import { type Bound, plainSubject, refTo, type SubjectField, type SubjectRows } from "../resolve/field.ts";
import { rebuildBound } from "../resolve/tied.ts";
import { checkCondition } from "../subject/condition.ts";
import { createUnitedBook, type UnitedBook } from "../subject/derive.ts";
import { keyOf, labelOf } from "../subject/label.ts";
import { areChosen, areTold, findOwners, ownerOf } from "../subject/owners.ts";
import { splitTies } from "../subject/tie.ts";
import { unitedColumn } from "../subject/united.ts";
import type { Env } from "./env.ts";
import { leafOf, ownerSpec } from "./owned-select.ts";
import type { Compiled } from "./query-plan.ts";
import { checkSize } from "./subject-from.ts";

/** SELECTs that are still rows of owners, with their columns in one order. */
export interface UnitedOperand {
  readonly rows: SubjectRows;
  readonly exprs: readonly Bound[];
  readonly at: At;
}

interface Side extends UnitedOperand {
  readonly ties: readonly Bound[];
  readonly owners: readonly [OwnerExpr, ...OwnerExpr[]];
  readonly outer: ReadonlySet<string>;
  readonly given: readonly Bound[];
  readonly chosen: boolean;
}

function sideOf({ rows: written, exprs, at }: UnitedOperand): Side {
  const { ties, rest } = splitTies(written);
  const rows: SubjectRows = { ...written, conditions: rest };
  const { owners, filters } = findOwners(rows);
  for (const filter of filters) checkCondition(filter);
  return { rows, exprs, at, ties, owners, outer: nullableAliases(rows.from), given: rest, chosen: areChosen(rows) };
}

type Operands = readonly [UnitedOperand, UnitedOperand];
type Sides = readonly [Side, Side];

const sidesOf = ([left, right]: Operands): Sides => [sideOf(left), sideOf(right)];

/** The owner that a column is the key of, if it is one. */
function ownerAt({ owners, outer }: Side, expr: Bound): OwnerExpr | undefined {
  const field = plainSubject(expr);
  const owner = field === undefined ? undefined : ownerOf(owners, field);
  if (field === undefined || owner === undefined) return undefined;
  if (outer.has(field.source) && !(owner.outer && owner.fields.length === 1)) {
    stop(
      "QUERY_GROUP_BY_OWNER",
      expr.at,
      `the key ${labelOf(expr)} in a UNION, which an outer join leaves out`,
      "Select the owner key of the table whose rows are always there.",
    );
  }
  return owner;
}

/** One owner as it is called in each of the SELECTs. */
type Same = readonly OwnerExpr[];

/** The owner in one place of every SELECT; undefined where it is the key in none of them. */
function ownersAt(sides: readonly Side[], place: number, at: At): Same | undefined {
  const owners = sides.map((side) => side.exprs.slice(place, place + 1).map((expr) => ownerAt(side, expr))[0]);
  const known = owners.filter((owner) => owner !== undefined);
  if (known.length === 0) return undefined;
  if (known.length === owners.length && new Set(known.map(({ kind }) => kind)).size === 1) return known;
  return stop(
    "QUERY_IDENTIFIER_USE",
    at,
    "an owner key that is something else in another SELECT of the UNION",
    "Select the owner key of the same kind, never a constant, in that place of every SELECT.",
  );
}

/** Which owners of the SELECTs are one: as the columns say, and for keys that no column holds by their kind. */
function sameOwners(sides: Sides, written: readonly Same[], at: At): readonly Same[] {
  const found: Same[] = [];
  const isKnown = (owner: OwnerExpr, side: number): boolean => found.some((same) => same[side] === owner);
  for (const same of written) {
    const places = same.map((owner, side) => isKnown(owner, side));
    if (places.includes(false) && places.includes(true)) different(at);
    if (places.includes(true) && !found.some((one) => one.every((owner, side) => owner === same[side]))) different(at);
    if (!places.includes(true)) found.push(same);
  }
  for (const owner of sides[0].owners) {
    if (isKnown(owner, 0)) continue;
    const alike = sides.map((side, i) => side.owners.filter((one) => one.kind === owner.kind && !isKnown(one, i)));
    found.push(alike.flatMap(([one, ...more]) => (one === undefined || more.length > 0 ? different(at) : [one])));
  }
  if (sides.some((side) => side.owners.length !== found.length)) different(at);
  return found;
}

function different(at: At): never {
  return stop(
    "QUERY_JOIN_NOT_BY_OWNER",
    at,
    "a UNION of rows that have different owners",
    "Unite rows with the same kinds of owners, and select every owner key in the same place of each SELECT.",
  );
}

/** What ties all of the SELECTs to an owner around them ties what they make together. */
function commonTies(sides: readonly Side[], keys: ReadonlyMap<string, SubjectField>, at: At): readonly Bound[] {
  const moved = sides.map((side) => {
    const own = new Set(leavesOf(side.rows.from).map((leaf) => leaf.alias));
    const move = (expr: Bound): Bound => {
      if (expr.kind !== "ref") return rebuildBound(expr, move);
      const key = own.has(expr.ref.source) ? keys.get(keyOf(expr)) : undefined;
      return key === undefined ? expr : refTo(key, expr.at);
    };
    return new Map(side.ties.map(move).map((tie) => [keyOf(tie), tie]));
  });
  const [first = new Map<string, Bound>(), ...others] = moved;
  if (others.some((other) => other.size !== first.size || [...other.keys()].some((key) => !first.has(key)))) {
    stop(
      "QUERY_SUBQUERY",
      at,
      "a UNION of which only some SELECTs are tied to the row around it",
      "Equate the owner keys in the WHERE of every SELECT of the UNION.",
    );
  }
  return [...first.values()];
}

function addOwner(same: Same, book: UnitedBook): SubjectField {
  const keys = same.map((owner) => refTo(owner.fields[0], undefined));
  const kind = [...new Set(same.map((owner) => owner.kind))].join();
  return book.add(keys, ownerSpec(kind, keys.map(labelOf).join(" or "), false));
}

/** Whether both have their every owner in the same places, so that what is equal in both is one owner's. */
export function carrySameOwners(operands: Operands, at: At): boolean {
  const sides = sidesOf(operands);
  const places = sides[0].exprs.map((_expr, i) => ownersAt(sides, i, at));
  return sides.every((side, i) => side.owners.every((owner) => places.some((same) => same?.[i] === owner)));
}

/** UNION ALL of rows of owners: rows of the same owners, each column no more than it is in any of them. */
export function unitedRows(
  operands: Operands,
  names: readonly (string | undefined)[],
  at: At,
  env: Env,
): Extract<Compiled, { kind: "subject" }> {
  const sides = sidesOf(operands);
  checkSize(
    sides.map((side) => side.rows.from),
    at,
  );
  const alias = env.state.nextAlias();
  const book = createUnitedBook(
    alias,
    sides.map(({ outer, rows }) => ({ outer, chosen: areTold(rows) })),
  );
  const places = names.map((_name, i) => ownersAt(sides, i, at));
  const owners = sameOwners(
    sides,
    places.filter((same) => same !== undefined),
    at,
  );
  const exported = owners.map((same) => ({ same, field: addOwner(same, book) }));
  const keys = new Map<string, SubjectField>();
  for (const { same, field } of exported)
    for (const owner of same) for (const key of owner.fields) keys.set(keyOf(refTo(key, undefined)), field);
  const columns = names.map((name, i) => {
    env.state.budget.spend(sides.length);
    const same = places[i];
    const key = same === undefined ? undefined : exported.find((one) => one.same[0] === same[0])?.field;
    const expr =
      key === undefined
        ? unitedColumn(
            sides.flatMap((side) => side.exprs.slice(i, i + 1)),
            sides,
            book,
          )
        : refTo(key, at);
    return { name, expr };
  });
  const made = book.columns();
  const selects = sides.map((side, i) => ({ rows: side.rows, exprs: made.flatMap(({ exprs }) => exprs.slice(i, i + 1)) }));
  const derived = made.flatMap(({ exprs, field }) => exprs.slice(0, 1).map((expr) => ({ expr, field })));
  const leaf = leafOf(alias, { rows: sides[0].rows, columns: derived, groupBy: undefined, united: selects.slice(1) }, at);
  return { kind: "subject", rows: { ...leaf, conditions: commonTies(sides, keys, at) }, columns };
}
