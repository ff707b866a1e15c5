import { type FunctionEntry, windowed } from "./entry.ts";

/** Functions that exist only over a window; every listed aggregate may stand over a window as well. Released rows only. */
export const windows: Readonly<Record<string, FunctionEntry>> = Object.freeze({
  row_number: windowed(),
  rank: windowed(),
  dense_rank: windowed(),
  rank_dense: windowed(),
  percent_rank: windowed(),
  cume_dist: windowed(),
  ntile: windowed(),
  lag: windowed(),
  lead: windowed(),
  first_value: windowed(),
  last_value: windowed(),
  nth_value: windowed(),
  fill: windowed(),
});
