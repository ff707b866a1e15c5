/** Parameters of a perturbation table (ptable 0.3.3; Eurostat's cell key method, `facts/standards.md` §4.2). */
export interface PTableRule {
  /** D: the greatest change. Never told to operators. */
  readonly most: number;
  /** V: the variance of a change. */
  readonly variance: number;
  /** js: counts from 1 to this never appear. */
  readonly blocked: number;
}

/** Probabilities of the changes −D … D. */
export type PRow = readonly number[];

/** Probabilities p ∝ exp(−a·v − b·v²) of greatest entropy with mean 0 and the given variance, found by Newton's method. */
function solveRow(values: readonly number[], variance: number): readonly number[] {
  let [a, b] = [0, 1 / (2 * variance)];
  const weights = (): readonly { readonly v: number; readonly p: number }[] => {
    const raw = values.map((v) => ({ v, p: Math.exp(-a * v - b * v * v) }));
    const total = raw.reduce((sum, { p }) => sum + p, 0);
    return raw.map(({ v, p }) => ({ v, p: p / total }));
  };
  for (let round = 0; round < 200; round += 1) {
    const now = weights();
    const moment = (power: number): number => now.reduce((sum, { v, p }) => sum + p * v ** power, 0);
    const [m1, m2, m3, m4] = [moment(1), moment(2), moment(3), moment(4)];
    const [g1, g2] = [m1, m2 - variance];
    if (Math.abs(g1) < 1e-13 && Math.abs(g2) < 1e-13) break;
    // The Jacobian of (m1, m2) by (a, b) is minus the covariance matrix of (v, v²).
    const [c11, c12, c22] = [m2 - m1 * m1, m3 - m1 * m2, m4 - m2 * m2];
    const det = c11 * c22 - c12 * c12;
    a += (g1 * c22 - g2 * c12) / det;
    b += (g2 * c11 - g1 * c12) / det;
  }
  return weights().map(({ p }) => p);
}

/**
 * Rows for counts 1 … D + js + 1; greater counts use the last, which is symmetric. Probabilities are rounded to 8
 * digits as in the reference.
 */
export function pTable({ most, variance, blocked }: PTableRule): readonly PRow[] {
  const rows = most + (blocked === 0 ? 0 : blocked + 1);
  const changes = Array.from({ length: 2 * most + 1 }, (_unused, at) => at - most);
  return Array.from({ length: rows }, (_unused, at) => {
    const count = at + 1;
    const allowed = changes.filter((v) => count + v >= 0 && !(count + v >= 1 && count + v <= blocked));
    const p = solveRow(allowed, variance);
    return changes.map((v) => Math.round((p[allowed.indexOf(v)] ?? 0) * 1e8) / 1e8);
  });
}

/** Upper ends of the intervals of all changes but the greatest, which takes what is left. */
export function cumulative(row: PRow): readonly number[] {
  let sum = 0;
  return row.slice(0, -1).map((p) => {
    sum += p;
    return Math.round(sum * 1e8) / 1e8;
  });
}
