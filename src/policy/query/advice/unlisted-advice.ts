import { type RefusalReason, refusedFunctions } from "../catalogue/refused.ts";

/** What to write in place of a function of other engines, or one that people reach for first. */
const named: ReadonlyMap<string, string> = new Map([
  ...["nvl", "isnull", "ifnull"].map((fn) => [fn, "Use coalesce(a, b)."] as const),
  ...["iif", "if", "decode"].map((fn) => [fn, "Use CASE WHEN condition THEN a ELSE b END."] as const),
  ...["to_date", "str_to_date", "strptime"].map((fn) => [fn, "Write the day itself: DATE '2026-01-31'."] as const),
  ...["to_char", "date_format", "convert"].map((fn) => [fn, "Use year(), month() or date_trunc('month', column)."] as const),
  ...["dateadd", "date_add", "adddate", "add_months"].map((fn) => [fn, "Write column + INTERVAL 1 MONTH."] as const),
  ...["len", "charindex"].map((fn) => [fn, "Use length(text), strpos(text, part) on released rows."] as const),
  ...["percentile", "percentile_cont", "percentile_disc"].map(
    (fn) => [fn, "Use quantile_cont(x, 0.5) over released rows."] as const,
  ),
]);

const today = "Write the day itself: DATE '2026-01-31', or send it as a parameter.";
const byReason: Readonly<Record<RefusalReason, string>> = {
  random: "Filter by a column, or aggregate all rows: the same statement gives the same answer.",
  clock: today,
  settings: "Leave it out: settings and names of the engine are no data.",
  sequence: "Use row_number() over released rows.",
  dynamic: "Write the statement itself: text is never run.",
  failure: "Leave it out: nothing in a statement may fail on purpose.",
  rows: "Use unnest, range or generate_series in FROM.",
  internal: "Use a function of the catalogue.",
  files: "Name a table of the agreement's schema: files and the network are out of reach.",
};

const clocks: ReadonlySet<string> = new Set([
  "getdate",
  "sysdate",
  "current_date",
  "current_timestamp",
  "current_time",
  "localtime",
  "localtimestamp",
]);

/** For a function that the catalogue does not list; undefined where nothing fitting is known. */
export function unlistedAdvice(fn: string): string | undefined {
  if (clocks.has(fn)) return today;
  const reason = new Map(Object.entries(refusedFunctions)).get(fn);
  return named.get(fn) ?? (reason === undefined ? undefined : byReason[reason]);
}
