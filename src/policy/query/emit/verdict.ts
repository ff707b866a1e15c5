import type { FullCheck, OwnerExpr, ValuesPair } from "../release/model.ts";
import type { ReleaseRules } from "../rules.ts";
import { quoteIdentifier as q } from "./identifier.ts";

/** A set of rows that is judged like a figure: an atom, or what one atom leaves of another. */
export interface Cell {
  readonly id: string;
}

/** The rows of one atom that are not of another. */
export function beyondId(of: string, without: string): string {
  return `${of}_${without}`;
}

/** What one atom has more than another, owner by owner. */
export function differenceId(left: string, right: string): string {
  return `${left}_${right}_v`;
}

type Owners = readonly [OwnerExpr, ...OwnerExpr[]];

function figure(cell: string, owner: OwnerExpr, name: string): string {
  return q(`${cell}_${owner.id}_${name}`);
}

function tooFew(cell: string, owner: OwnerExpr, rules: ReleaseRules): string {
  return `${figure(cell, owner, "owners")} < ${rules.minOwners}`;
}

const top = (cell: string, owner: OwnerExpr, place: 1 | 2): string => `coalesce(${figure(cell, owner, "top")}[${place}], 0e0)`;

/** The two greatest owners hold the share or more of Σ|net|. Σ = 0 tells that everybody has 0, and is held likewise. */
function dominated(cell: string, owner: OwnerExpr, rules: ReleaseRules): string {
  const total = figure(cell, owner, "total");
  return `(((${top(cell, owner, 1)} + ${top(cell, owner, 2)}) < (${rules.dominanceShare}e0 * ${total})) IS DISTINCT FROM TRUE)`;
}

/** p %: the second greatest could estimate the greatest to within p per cent by taking the rest as 0. */
function estimable(cell: string, owner: OwnerExpr, rules: ReleaseRules): string {
  const rest = `((${figure(cell, owner, "total")} - ${top(cell, owner, 1)}) - ${top(cell, owner, 2)})`;
  return `((${rest} >= (${rules.pPercent / 100}e0 * ${top(cell, owner, 1)})) IS DISTINCT FROM TRUE)`;
}

const any = (tests: readonly string[]): string => `(${tests.join(" OR ")})`;

/** A cell judged by itself; every owner of its rows must be safe. `margin`: how many owners more than k it needs. */
export function baseVerdict(
  cell: string,
  owners: readonly OwnerExpr[],
  finite: string,
  margin: string | undefined,
  rules: ReleaseRules,
): string {
  const least = margin === undefined ? `${rules.minOwners}` : `(${rules.minOwners} + ${margin})`;
  const few = owners.map((owner) => `((${figure(cell, owner, "owners")} >= ${least}) IS DISTINCT FROM TRUE)`);
  const whens = [
    `WHEN ${any(few)} THEN 'owners'`,
    `WHEN NOT coalesce(${finite}, FALSE) THEN 'non-finite'`,
    `WHEN ${any(owners.map((owner) => dominated(cell, owner, rules)))} THEN 'dominance'`,
    `WHEN ${any(owners.map((owner) => estimable(cell, owner, rules)))} THEN 'p-percent'`,
  ];
  return `CASE ${whens.join(" ")} ELSE 'pass' END`;
}

/** `beyond`: what the whole has more than the part. `back`: what the part has more than the whole, unless that is surely nothing. */
export interface Complement {
  readonly whole: string;
  readonly beyond: string;
  readonly back: string | undefined;
}

function unsafeTests(cell: string, owners: Owners, rules: ReleaseRules): readonly string[] {
  return [...owners.map((owner) => tooFew(cell, owner, rules)), ...sharesTests(cell, owners, rules)];
}

function sharesTests(cell: string, owners: Owners, rules: ReleaseRules): readonly string[] {
  return owners.flatMap((owner) => [dominated(cell, owner, rules), estimable(cell, owner, rules)]);
}

/**
 * Both pass, and what the owners bring to one more than to the other is unsafe. Of owners of whom none brings more to one than
 * to the other there is nothing to see, unless one asks what the other does not; other owners of the same rows are judged all
 * the same (the workers of `count(*)` beside `count(DISTINCT employer)` are equal, its firms are not). How many rows a few owners have beyond their
 * first is no number of people: there only the shares count (`count(*)` beside `count(DISTINCT id_card)`).
 */
export function differenceTest(pair: ValuesPair, counted: OwnerExpr, owners: Owners, rules: ReleaseRules): string {
  const cell = differenceId(pair.left, pair.right);
  const value = figure(cell, counted, "value");
  const total = `coalesce(${figure(cell, counted, "total")}, 0e0)`;
  const [leftMore, rightMore] = [`${value} >= ${total}`, `${value} <= (0e0 - ${total})`];
  const where = (owner: OwnerExpr, tests: readonly string[]): string =>
    pair.tells ? any(tests) : `(${figure(cell, owner, "rows")} > 0 AND ${any(tests)})`;
  const unsafe = any(owners.map((owner) => where(owner, unsafeTests(cell, [owner], rules))));
  const shares = any(owners.map((owner) => where(owner, sharesTests(cell, [owner], rules))));
  const nested = {
    left: any([`(${leftMore} AND ${shares})`, `(${rightMore} AND ${unsafe})`]),
    right: any([`(${rightMore} AND ${shares})`, `(${leftMore} AND ${unsafe})`]),
    neither: `((${leftMore} OR ${rightMore}) AND ${unsafe})`,
  }[pair.many ?? "neither"];
  return `(${q(`${pair.left}_base`)} = 'pass' AND ${pair.nested ? nested : unsafe})`;
}

/**
 * The part lies wholly in the whole, both pass, and what the whole has beyond the part is unsafe: whoever
 * sees both figures subtracts them.
 */
export function complementTest({ whole, beyond, back }: Complement, owners: Owners, rules: ReleaseRules): string {
  const rows = (cell: string): string => figure(cell, owners[0], "rows");
  const unsafe = unsafeTests(beyond, owners, rules);
  const inside = back === undefined ? [] : [`${rows(back)} = 0`];
  return `(${[`${q(`${whole}_base`)} = 'pass'`, ...inside, `${rows(beyond)} > 0`, any(unsafe)].join(" AND ")})`;
}

/** The part lies inside the whole and every owner of the whole is in it: the part's further condition holds for each of them. */
export function fullTest({ part, whole, surely }: FullCheck, owners: Owners): string {
  const inside = surely ? [] : [`${figure(beyondId(part, whole), owners[0], "rows")} = 0`];
  const same = owners.map((owner) => `${figure(part, owner, "owners")} = ${figure(whole, owner, "owners")}`);
  return `(${[`${q(`${whole}_base`)} = 'pass'`, ...inside, any(same)].join(" AND ")})`;
}
