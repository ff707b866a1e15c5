import { type At, stop } from "../refusal.ts";
import type { Category, CoarseColumn } from "../resolve/category.ts";
import type { Bound } from "../resolve/field.ts";
import { stopCoarse } from "./coarse.ts";
import { constantOf } from "./constant.ts";

type Call = Extract<Bound, { kind: "call" }>;

/** Longest pattern: nothing that a person types is longer, and matching costs length times length. */
const longest = 200;

type Form = "like" | "prefix" | "other";

const forms: ReadonlyMap<string, Form> = new Map([
  ...["~~", "!~~"].map((fn) => [fn, "like"] as const),
  ...["starts_with", "prefix", "^@"].map((fn) => [fn, "prefix"] as const),
  ...["~~*", "!~~*", "suffix", "ends_with", "contains"].map((fn) => [fn, "other"] as const),
  ...["like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape"].map((fn) => [fn, "other"] as const),
  ...["regexp_matches", "regexp_full_match"].map((fn) => [fn, "other"] as const),
]);

export function isPattern({ fn }: Call): boolean {
  return forms.has(fn);
}

function constantText(expr: Bound, at: At): string {
  const constant = constantOf(expr);
  if (constant?.family !== "text") return stop("QUERY_CONDITION", at, "a pattern that is no constant");
  return constant.value.length <= longest
    ? constant.value
    : stop("QUERY_CONDITION", at, `a pattern of more than ${longest} characters`);
}

/** The text that a pattern wants at the beginning, where it wants no more. */
function beginningOf(form: Form | undefined, pattern: string): string | undefined {
  if (form === "prefix") return pattern;
  return form === "like" && /^[^%_]*%$/.test(pattern) ? pattern.slice(0, -1) : undefined;
}

function isPrefix(form: Form | undefined, pattern: string): boolean {
  // Without a wildcard it is the whole text, which is as much as an equality asks.
  return beginningOf(form, pattern) !== undefined || (form === "like" && !/[%_]/.test(pattern));
}

/** With ESCAPE: one character, and something behind each: a dangling one fails when a row comes to it. */
function checkEscape(pattern: string, mark: string, at: At): void {
  const pieces = Array.from(pattern);
  let place = 0;
  while (place < pieces.length) place += pieces[place] === mark ? 2 : 1;
  if (Array.from(mark).length !== 1 || mark.charCodeAt(0) > 127 || place > pieces.length)
    stop("QUERY_CONDITION", at, "a pattern whose ESCAPE is no single character, or that ends in it");
}

function checkCoarseBeginning(coarse: CoarseColumn, beginning: string | undefined, at: At): void {
  const { view } = coarse;
  if (view.kind === "prefix" && beginning !== undefined && Array.from(beginning).length <= view.length) return;
  stopCoarse(coarse, at, `a pattern of ${coarse.column} that tells more than its beginning`);
}

/** Holds LIKE, SIMILAR TO, regular expressions and their kin to constant patterns that the column takes. */
export function checkPattern(expr: Call, categoryOf: (arg: Bound) => Category): void {
  const [subject, ...written] = expr.args;
  if (subject === undefined) stop("QUERY_CONDITION", expr.at, `${expr.fn} without arguments`);
  const category = categoryOf(subject);
  const [pattern = "", option = ""] = written.map((arg) => constantText(arg, expr.at));
  const form = forms.get(expr.fn);
  if (expr.fn.endsWith("_escape")) checkEscape(pattern, option, expr.at);
  if (category.coarse !== undefined) {
    checkCoarseBeginning(category.coarse, beginningOf(form, pattern), expr.at);
    return;
  }
  if (category.patterns === "any" || (category.patterns === "prefix" && isPrefix(form, pattern))) return;
  stop(
    "QUERY_CONDITION",
    expr.at,
    "a pattern on this column",
    "Use a prefix: column LIKE 'abc%'; attributes take any constant pattern.",
  );
}
