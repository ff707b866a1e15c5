import { unlistedAdvice } from "../advice/unlisted-advice.ts";
import { type At, stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import type { WrittenName } from "../tree/statement.ts";
import type { Bound } from "./field.ts";

/** One column that can be named; its expression is a field, or what a derived table computes. */
export interface ScopeColumn {
  /** Absent where the operator gave none: such a column cannot be named, only starred. */
  readonly name: string | undefined;
  readonly expr: Bound;
}

export interface ScopeSource {
  readonly alias: string | undefined;
  readonly columns: readonly ScopeColumn[];
}

/** A column that JOIN … USING makes of several. */
export interface MergedColumn extends ScopeColumn {
  /** The columns of sources in whose place it stands, where no table is named. */
  readonly hides: readonly ScopeColumn[];
}

/** What the names of one SELECT can mean. */
export interface Scope {
  readonly sources: readonly ScopeSource[];
  readonly merged: readonly MergedColumn[];
}

export const emptyScope: Scope = Object.freeze({ sources: [], merged: [] });

function named(columns: readonly ScopeColumn[], folded: string): readonly ScopeColumn[] {
  return columns.filter((column) => column.name !== undefined && foldName(column.name) === folded);
}

export function textOfName({ qualifier, name }: WrittenName): string {
  return [...qualifier, name].join(".");
}

/** A hidden name, an absent one and one outside the agreement get this same answer. */
export function unknownName(name: string, at: At): never {
  return stop("QUERY_NAME_UNKNOWN", at, `the name ${name}`, unlistedAdvice(foldName(name)));
}

function single(candidates: readonly ScopeColumn[], name: string, at: At): ScopeColumn | undefined {
  if (candidates.length > 1) stop("QUERY_NAME_AMBIGUOUS", at, `the name ${name}, which ${candidates.length} columns have`);
  return candidates[0];
}

/** The column that one written name means, or undefined; an ambiguous name is refused. */
export function findColumn(scope: Scope, written: WrittenName, at: At): ScopeColumn | undefined {
  const name = textOfName(written);
  const column = foldName(written.name);
  const [table, schema = "main", ...more] = written.qualifier.toReversed();
  if (table === undefined) {
    return single(named(visibleColumns(scope), column), name, at);
  }
  // `main` is the only schema there is; longer paths name struct fields or catalogues.
  if (more.length > 0 || foldName(schema) !== "main") return undefined;
  const alias = foldName(table);
  const sources = scope.sources.filter((source) => source.alias !== undefined && foldName(source.alias) === alias);
  return single(
    sources.flatMap((source) => named(source.columns, column)),
    name,
    at,
  );
}

/** All columns in order; merged ones once, where the first of theirs stands. */
export function visibleColumns(scope: Scope): readonly ScopeColumn[] {
  const shown = new Set<ScopeColumn>();
  return scope.sources
    .flatMap((source) => source.columns)
    .map((column) => scope.merged.find((merged) => merged.hides.includes(column)) ?? column)
    .filter((column) => shown.size < shown.add(column).size);
}

/** The columns of `*` or `t.*`. */
export function starColumns(scope: Scope, table: string | undefined, at: At): readonly ScopeColumn[] {
  if (table !== undefined) {
    const source = scope.sources.find(
      (candidate) => candidate.alias !== undefined && foldName(candidate.alias) === foldName(table),
    );
    return source?.columns ?? unknownName(table, at);
  }
  return visibleColumns(scope);
}
