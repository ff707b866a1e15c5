import type { RunEvidence, RunValue } from "../engine/index.ts";
import type { PlanRelease } from "../policy/index.ts";

/** What stands behind one atom of one cell, for one of its owner expressions. */
export interface OwnerEvidence {
  readonly owners: number;
  /** Σ of the owners' absolute nets, and the two greatest of them. */
  readonly total: number;
  readonly top1: number;
  readonly top2: number;
}

/** One atom of one cell, as the enclave measured and judged it. */
export interface CellEvidence {
  readonly release: string;
  readonly atom: string;
  /** Values of the cell's keys: for reviewers only. */
  readonly keys: readonly RunValue[];
  readonly owners: readonly OwnerEvidence[];
  readonly verdict: string;
}

const toNumber = (value: RunValue | undefined): number => (value === null || value === undefined ? 0 : Number(value));

function ownersOf(atom: string, columns: ReadonlyMap<string, number>, row: readonly RunValue[]): readonly OwnerEvidence[] {
  const owners: OwnerEvidence[] = [];
  for (let place = 1; ; place++) {
    const prefix = place === 1 ? atom : `${atom}_o${place}`;
    const at = columns.get(`${prefix}_owners`);
    if (at === undefined) return owners;
    const figure = (name: string) => toNumber(row[columns.get(`${prefix}_${name}`) ?? -1]);
    owners.push({ owners: toNumber(row[at]), total: figure("total_abs"), top1: figure("top1"), top2: figure("top2") });
  }
}

/** The evidence of a run, cell by cell; undefined where it does not have the form the plan says. */
export function readEvidence(
  releases: readonly PlanRelease[],
  evidence: readonly RunEvidence[],
): readonly CellEvidence[] | undefined {
  const cells: CellEvidence[] = [];
  if (evidence.length !== releases.length) return undefined;
  for (const release of releases) {
    const table = evidence.find((one) => one.release === release.id);
    if (table === undefined) return undefined;
    const columns = new Map(table.columns.map(({ name }, at) => [name, at]));
    // A run without rows has nothing to show, and nothing to prove.
    for (const row of table.rows)
      for (const { id } of release.atoms) {
        const owners = ownersOf(id, columns, row);
        const verdict = row[columns.get(`${id}_verdict`) ?? -1];
        if (owners.length === 0 || typeof verdict !== "string") return undefined;
        cells.push({ release: release.id, atom: id, keys: row.slice(0, release.keys.length), owners, verdict });
      }
  }
  return cells;
}
