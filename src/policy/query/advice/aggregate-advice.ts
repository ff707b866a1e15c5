const bands = "Ask how many are where: GROUP BY floor(measure / width) * width with a width on the grid, or avg and stddev.";
const perValue = "Ask how many have each value: SELECT column, count(*) … GROUP BY column.";
const totals = "Use sum, avg, stddev, corr or regr_slope of plain measures.";

/** What to ask in place of an aggregate that carries single values out. */
const byAggregate: ReadonlyMap<string, string> = new Map([
  ...["min", "max", "arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by"].map((fn) => [fn, bands] as const),
  ...["median", "quantile", "quantile_cont", "quantile_disc", "approx_quantile", "mad", "reservoir_quantile"].map(
    (fn) => [fn, bands] as const,
  ),
  ...["first", "last", "any_value", "arbitrary", "mode", "list", "array_agg", "string_agg", "group_concat", "listagg"].map(
    (fn) => [fn, perValue] as const,
  ),
  ...["histogram", "histogram_exact", "approx_top_k", "entropy", "approx_count_distinct"].map((fn) => [fn, perValue] as const),
  ...["product", "geomean", "skewness", "kurtosis", "kurtosis_pop", "wavg"].map((fn) => [fn, totals] as const),
  ...["bool_and", "bool_or"].map((fn) => [fn, "Count who fulfils it: count(*) FILTER (condition) beside count(*)."] as const),
]);

export function aggregateAdvice(fn: string): string | undefined {
  return byAggregate.get(fn);
}
