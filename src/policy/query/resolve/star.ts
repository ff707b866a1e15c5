import { stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { childrenOf, rebuild } from "../tree/rebuild.ts";
import type { StarChoice, StarTree, Written, WrittenName } from "../tree/statement.ts";
import type { Bound } from "./field.ts";
import { passes } from "./name-test.ts";
import { matches, rewritten } from "./re2-pattern.ts";
import { findColumn, type Scope, type ScopeColumn, starColumns } from "./scope.ts";

/** How a replaced column's expression is read. */
export type ResolveWritten = (expr: Written) => Bound;

const sameName = (a: string | undefined, b: string): boolean => a !== undefined && foldName(a) === foldName(b);

/** Whether a written name means this column of the star. */
function means(scope: Scope, written: WrittenName, column: ScopeColumn): boolean {
  if (written.qualifier.length === 0) return sameName(column.name, written.name);
  const found = findColumn(scope, written, undefined);
  const hides = scope.merged.find((merged) => merged === column)?.hides ?? [];
  return found !== undefined && (found === column || hides.includes(found));
}

/** The engine then shows the other side's column in that one's place: rarely meant, and easily said without a table. */
function mustNotHalve(star: StarTree, scope: Scope): void {
  const hidden = scope.merged.flatMap((merged) => merged.hides);
  for (const name of star.exclude) {
    const found = name.qualifier.length === 0 ? undefined : findColumn(scope, name, star.at);
    if (found !== undefined && hidden.includes(found))
      stop(
        "QUERY_CLAUSE_UNSUPPORTED",
        star.at,
        `EXCLUDE of one side of the joined column ${name.name}`,
        "Write it without its table.",
      );
  }
}

function isChosen(choice: StarChoice | undefined, name: string | undefined, star: StarTree): boolean {
  if (choice === undefined) return true;
  if (name === undefined)
    return stop("QUERY_CLAUSE_UNSUPPORTED", star.at, "COLUMNS over a column that has no name", "Give each an alias.");
  switch (choice.kind) {
    case "pattern":
      return matches(choice.pattern, name, false, star.at);
    case "list":
      return choice.names.some((one) => sameName(name, one));
    case "test":
      return passes(choice.test, choice.parameter, name);
  }
}

/** What looking at one name costs, in nodes. */
export function costOf(star: StarTree): number {
  const nodes = (expr: Written): number => childrenOf(expr).reduce((sum, child) => sum + nodes(child), 1);
  return star.choice?.kind === "test" ? nodes(star.choice.test) : 1;
}

/** The columns that a star stands for. */
export function columnsOf(star: StarTree, scope: Scope, resolve: ResolveWritten): readonly ScopeColumn[] {
  mustNotHalve(star, scope);
  const columns = starColumns(scope, star.table, star.at)
    .filter((column) => !star.exclude.some((name) => means(scope, name, column)))
    .map((column): ScopeColumn => {
      const replaced = star.replace.find(({ name }) => sameName(column.name, name));
      const renamed = star.rename.find(({ from }) => means(scope, from, column));
      const expr = replaced === undefined ? column.expr : resolve(replaced.expr);
      return { name: renamed?.to ?? column.name, expr };
    });
  return columns.filter((column) => isChosen(star.choice, column.name, star));
}

/** The name of a chosen column under an alias, into which a pattern's groups may be put. */
export function aliasedName(star: StarTree, name: string | undefined, alias: string | undefined): string | undefined {
  if (alias === undefined || name === undefined || star.choice?.kind !== "pattern") return alias ?? name;
  return rewritten(star.choice.pattern, name, alias, star.at);
}

/** The star inside an expression that makes several of it, if there is one. */
export function starIn(expr: Written): StarTree | undefined {
  if (expr.kind === "ref") return expr.ref.unpack === true || expr.ref.place !== undefined ? undefined : expr.ref.star;
  for (const child of childrenOf(expr)) {
    const star = starIn(child);
    if (star !== undefined) return star;
  }
  return undefined;
}

/** The expression with each COLUMNS(…) standing for the column in this place, from 1. */
export function withPlace(expr: Written, place: number): Written {
  if (expr.kind === "ref") {
    const { ref } = expr;
    return ref.star === undefined || ref.unpack === true || ref.place !== undefined ? expr : { ...expr, ref: { ...ref, place } };
  }
  return rebuild(expr, (child) => withPlace(child, place));
}

/** Arguments with each *COLUMNS(…) standing for all its columns. */
export function unpacked(args: readonly Written[], count: (star: StarTree) => number): readonly Written[] {
  return args.flatMap((arg): readonly Written[] => {
    if (arg.kind !== "ref" || arg.ref.star === undefined || arg.ref.unpack !== true) return [arg];
    const { star } = arg.ref;
    return Array.from({ length: count(star) }, (_unused, i) => ({
      ...arg,
      ref: { name: arg.ref.name, qualifier: [], star, place: i + 1 },
    }));
  });
}
