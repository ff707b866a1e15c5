import type { Atom, OwnerExpr, ReleaseDraft } from "../release/model.ts";
import type { ReleaseRules } from "../rules.ts";
import type { BoundsBook } from "./bounds.ts";
import { marginSteps } from "./noise.ts";

// A cell with very many rows needs no count of its owners: n rows of at most R each are n ÷ R owners, and where Σ|m| is
// many times what one owner can bring, nobody dominates. Only cells for which that does not suffice are counted owner by
// owner. A certificate says pass only where the exact verdict says pass.

/** From this many times the greatest contribution on, noise is measured by the bound instead of by the cell's own greatest. */
export const boundedNoise = 32;

/** What a cell must have, in rows and in sums, of the greatest contribution of one owner. */
function multiples({ minOwners, dominanceShare, pPercent }: ReleaseRules, noisy: boolean): { rows: number; total: number } {
  const shares = Math.ceil(Math.max(2 / dominanceShare, 2 + pPercent / 100)) + 1;
  // One more for those without a key, who share one owner and count as none.
  const owners = minOwners + (noisy ? marginSteps - 1 : 0) + 1;
  return { rows: Math.max(owners, shares), total: shares };
}

/** Names of the figures that the fast pass has of a cell. */
export interface FastCell {
  readonly rows: string;
  /** Σm, for sums. */
  readonly sum: string | undefined;
}

/** Whether one cell surely passes every rule for every owner; undefined where no bound is known. */
function isSafe(
  cell: FastCell,
  atom: Atom,
  owners: readonly OwnerExpr[],
  bounds: BoundsBook,
  rules: ReleaseRules,
  noisy: boolean,
): string | undefined {
  const need = multiples(rules, noisy);
  const tests: string[] = [];
  for (const owner of owners) {
    const [rows, total, positive] = [bounds.rows(owner), bounds.total(atom, owner), bounds.nonNegative(atom, owner)];
    if (rows === undefined || total === undefined || positive === undefined) return undefined;
    // A number of owners is known from the rows only where each has one.
    if (atom.owner !== undefined) {
      if (!bounds.single(owner)) return undefined;
      tests.push(`${rows} = 1e0`);
    }
    tests.push(`${cell.rows} >= (${need.rows}e0 * ${rows})`);
    if (noisy && atom.owner === undefined && atom.factors.length === 0 && !bounds.single(owner))
      tests.push(`${cell.rows} >= (${boundedNoise}e0 * ${rows})`);
    if (cell.sum === undefined) continue;
    const least = noisy ? boundedNoise : need.total;
    tests.push(`isfinite(${cell.sum})`, `${cell.sum} >= (${least}e0 * ${total})`, positive);
  }
  return tests.join(" AND ");
}

export interface FastRelease {
  cell(atom: Atom): FastCell;
  /** Rows of one atom that are not of the other. */
  beyond(of: Atom, without: Atom): FastCell;
}

/** The condition under which all figures of a cell surely pass; undefined where that is never sure. */
export function certificate(
  { atoms, owners, pairs, fullChecks }: ReleaseDraft,
  fast: FastRelease,
  bounds: BoundsBook,
  rules: ReleaseRules,
  noisy: boolean,
): string | undefined {
  const byId = new Map(atoms.map((atom) => [atom.id, atom]));
  const tests: (string | undefined)[] = atoms.map((atom) => isSafe(fast.cell(atom), atom, owners, bounds, rules, noisy));
  for (const pair of pairs) {
    const [left, right] = [byId.get(pair.left), byId.get(pair.right)];
    if (pair.by === "values" || left === undefined || right === undefined) return undefined;
    for (const [of, without, side] of [
      [left, right, "left"],
      [right, left, "right"],
    ] as const) {
      if (pair.inside === side) continue;
      const cell = fast.beyond(of, without);
      const safe = isSafe(cell, of, owners, bounds, rules, false);
      tests.push(safe === undefined ? undefined : `(${cell.rows} = 0 OR (${safe}))`);
    }
  }
  for (const { part, whole } of fullChecks) {
    const [few, many] = [part, whole].map((id) => atoms.filter((atom) => atom.id === id).map((atom) => fast.cell(atom).rows));
    // Owners of the part are at most its rows, those of the whole at least its rows by R.
    for (const rows of owners.map((owner) => bounds.rows(owner)))
      tests.push(rows === undefined ? undefined : `(${few} * ${rows}) < ${many}`);
  }
  return tests.includes(undefined) ? undefined : tests.join(" AND ");
}
