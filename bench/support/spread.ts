/** Milliseconds, rounded to tenths. */
export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export const tenths = (value: number): number => Math.round(value * 10) / 10;

/** The value below which the share `p` of the sorted values lies (nearest rank). */
function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    n: sorted.length,
    p50: tenths(percentile(sorted, 0.5)),
    p95: tenths(percentile(sorted, 0.95)),
    max: tenths(sorted.at(-1) ?? Number.NaN),
  };
}
