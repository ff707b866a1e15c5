/** What to write in place of a function that a condition, group key or aggregate over protected rows does not take. */
const byFunction: ReadonlyMap<string, string> = new Map([
  ...["||", "concat", "concat_ws"].map(
    (fn) => [fn, "Use each column by itself: GROUP BY a, b, or a = 'x' AND b = 'y'."] as const,
  ),
  ...["age", "-"].map(
    (fn) =>
      [
        fn,
        "For the time between dates write date_diff('year', column, DATE '2026-01-01'); move a constant to the other side.",
      ] as const,
  ),
  ...["strftime", "monthname", "dayname", "last_day", "time_bucket"].map(
    (fn) => [fn, "Use year(), month(), date_part('week', column) or date_trunc('month', column)."] as const,
  ),
  ...["round", "ceil", "ceiling", "trunc"].map(
    (fn) =>
      [fn, "Use floor(column / width) * width with a width on the measure's grid; round the released figures outside."] as const,
  ),
  ...["regexp_matches", "regexp_full_match", "contains", "strpos", "instr", "position"].map(
    (fn) => [fn, "Use column LIKE with a constant pattern, or IN with a list of values."] as const,
  ),
  ...["md5", "sha1", "sha256", "hash", "length", "ascii", "reverse", "replace"].map(
    (fn) => [fn, "Compare the column itself with constants: column IN ('a', 'b')."] as const,
  ),
]);

export function functionAdvice(fn: string): string | undefined {
  return byFunction.get(fn);
}

/** What to sum or average in place of a function inside an aggregate. */
const inAggregate: ReadonlyMap<string, string> = new Map([
  ...["round", "floor", "ceil", "ceiling", "trunc"].map(
    (fn) => [fn, `Round the total outside: round(sum(x), 2) in place of sum(${fn}(x)).`] as const,
  ),
  ...["greatest", "least", "abs", "sign"].map(
    (fn) =>
      [fn, "Count and sum by condition: sum(x) FILTER (x >= low), count(*) FILTER (x < low), with bounds on the grid."] as const,
  ),
  ...["%", "&", "|", "xor"].map((fn) => [fn, "Sum the measure itself; digits of single values are not taken."] as const),
  ...["exp", "log", "log2", "log10"].map(
    (fn) =>
      [fn, "Take ln(x), ln(x + 1) or sqrt(x) under a filter that proves its domain; a constant factor stands outside."] as const,
  ),
  ...["length", "strlen", "ascii", "unicode"].map((fn) => [fn, "Count by condition: count(*) FILTER (column = 'x')."] as const),
]);

export function aggregatedFunctionAdvice(fn: string): string | undefined {
  return inAggregate.get(fn);
}
