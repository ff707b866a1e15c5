import type { RunAnswer, RunEvidence, RunValue } from "../engine/index.ts";
import type { PlanAtom, PlanPoint, PlanRelease } from "../policy/index.ts";

/** What stands behind one atom of one cell, for one of its owner expressions. A figure is null where there is none, or none that is finite. */
export interface OwnerEvidence {
  readonly owners: number;
  /** Σ of the owners' absolute nets, and the two greatest of them. */
  readonly total: number | null;
  readonly top1: number | null;
  readonly top2: number | null;
}

/** How the enclave may judge an atom; anything else is no evidence. */
const verdicts = [
  "pass",
  "owners",
  "non-finite",
  "dominance",
  "p-percent",
  "full",
  "complement",
  "position",
  "neighbours",
] as const;
export type CellVerdict = (typeof verdicts)[number];

/** Where a point of a distribution lies among the rows of its cell. */
export interface PointEvidence {
  /** Share of the rows below it. */
  readonly at: number;
  /** Share between it and the point before it, over the same rows; null for the first. */
  readonly apart: number | null;
  /** Rows between the point and the end of the step of the grid below it, and above it. */
  readonly below: number;
  readonly above: number;
  /** Distinct owners within those steps, per owner expression. */
  readonly near: readonly { readonly low: number; readonly high: number }[];
}

/** One atom or point of one cell, as the enclave measured and judged it. The owners of a point are those of its rows. */
export interface CellEvidence {
  readonly release: string;
  readonly atom: string;
  /** Values of the cell's keys: for reviewers only. */
  readonly keys: readonly RunValue[];
  readonly owners: readonly OwnerEvidence[];
  readonly verdict: CellVerdict;
  readonly point?: PointEvidence;
}

const figures = ["owners", "total_abs", "top1", "top2"] as const;
const prefixOf = (atom: string, owner: number): string => (owner === 0 ? atom : `${atom}_o${owner + 1}`);

/** The owner expressions of the rows that a point is taken over. */
function ownersBehind(point: PlanPoint, atoms: readonly PlanAtom[]): readonly string[] {
  return atoms.filter(({ id }) => id === point.count).flatMap(({ ownerKinds }) => ownerKinds);
}

/** The columns that the evidence of a release has, in order, as the policy emits them. */
function columnsOf({ keys, atoms, points }: PlanRelease): readonly string[] {
  return [
    ...keys.map((_, at) => `k${at + 1}`),
    ...atoms.flatMap(({ id, ownerKinds }) => {
      const [count = "", ...rest] = ownerKinds.flatMap((_, owner) => figures.map((name) => `${prefixOf(id, owner)}_${name}`));
      return [count, `${id}_value`, ...rest, `${id}_verdict`];
    }),
    ...points.flatMap((point) => {
      const near = ownersBehind(point, atoms).map((_, owner) => prefixOf(point.id, owner));
      return [
        ...["below", "above"].map((side) => `${point.id}_${side}`),
        ...near.flatMap((prefix) => [`${prefix}_low`, `${prefix}_high`]),
        `${point.id}_value`,
        `${point.id}_verdict`,
      ];
    }),
  ];
}

/** NaN and Infinity come as text; they and an absent figure prove nothing. */
function toFigure(value: RunValue | undefined): number | null {
  const figure = Number.parseFloat(String(value));
  return Number.isFinite(figure) ? figure : null;
}

type Row = ReadonlyMap<string, RunValue | undefined>;

function ownersOf({ id, ownerKinds }: PlanAtom, row: Row): readonly OwnerEvidence[] {
  return ownerKinds.map((_, owner) => {
    const figure = (name: (typeof figures)[number]) => toFigure(row.get(`${prefixOf(id, owner)}_${name}`));
    return { owners: figure("owners") ?? 0, total: figure("total_abs"), top1: figure("top1"), top2: figure("top2") };
  });
}

function pointOf(point: PlanPoint, { atoms, points }: PlanRelease, row: Row): PointEvidence {
  const number = (name: string): number => toFigure(row.get(name)) ?? 0;
  const before = points
    .filter(({ count, measure, at }) => count === point.count && measure === point.measure && at < point.at)
    .map(({ at }) => point.at - at);
  return {
    at: point.at,
    apart: before.length === 0 ? null : Math.min(...before),
    below: number(`${point.id}_below`),
    above: number(`${point.id}_above`),
    near: ownersBehind(point, atoms).map((_, owner) => {
      const prefix = prefixOf(point.id, owner);
      return { low: number(`${prefix}_low`), high: number(`${prefix}_high`) };
    }),
  };
}

function readTable(release: PlanRelease, { columns, rows }: RunEvidence): readonly CellEvidence[] | undefined {
  const expected = columnsOf(release);
  // A column renamed or left out would read as "nothing there", and nothing dominates nothing.
  if (columns.length !== expected.length || columns.some(({ name }, at) => name !== expected[at])) return undefined;
  const cells: CellEvidence[] = [];
  for (const values of rows) {
    const row: Row = new Map(columns.map(({ name }, at) => [name, values[at]]));
    const keys = values.slice(0, release.keys.length);
    const verdictOf = (id: string) => verdicts.find((one) => one === row.get(`${id}_verdict`));
    for (const atom of release.atoms) {
      const verdict = verdictOf(atom.id);
      if (verdict === undefined) return undefined;
      cells.push({ release: release.id, atom: atom.id, keys, owners: ownersOf(atom, row), verdict });
    }
    for (const point of release.points) {
      const [verdict, count] = [verdictOf(point.id), release.atoms.find(({ id }) => id === point.count)];
      if (verdict === undefined || count === undefined) return undefined;
      const owners = ownersOf(count, row);
      cells.push({ release: release.id, atom: point.id, keys, owners, verdict, point: pointOf(point, release, row) });
    }
  }
  return cells;
}

/** The evidence of a run, cell by cell; undefined where it does not have the form the plan says. */
export function readEvidence(
  releases: readonly PlanRelease[],
  { rows, evidence }: Pick<Extract<RunAnswer, { kind: "done" }>, "rows" | "evidence">,
): readonly CellEvidence[] | undefined {
  if (evidence.length !== releases.length) return undefined;
  const cells: CellEvidence[] = [];
  for (const release of releases) {
    const table = evidence.find((one) => one.release === release.id);
    if (table === undefined) return undefined;
    // A run that failed on data shows no row and has no evidence either (design §5).
    if (rows.length === 0 && table.columns.length === 0 && table.rows.length === 0) continue;
    const read = readTable(release, table);
    if (read === undefined) return undefined;
    cells.push(...read);
  }
  return cells;
}
